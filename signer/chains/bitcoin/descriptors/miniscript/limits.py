"""What a script and its witness may take: coins beyond these bounds could not be spent.

Elements of the stack are never too long: none of ours takes more than 73 bytes, where consensus
allows 520 and policy 80. Nor is the budget of signatures in tapscript (BIP342) ever spent: each
brings more weight than it takes.
"""

from signer.chains.bitcoin.descriptors.miniscript.assembly import count_ops
from signer.chains.bitcoin.descriptors.miniscript.costs import WitnessCost
from signer.chains.bitcoin.descriptors.miniscript.table import Context
from signer.errors import Malformed

# Bitcoin Core, policy.h: nodes pass on no larger script, and no more items beside it.
MAX_WSH_SCRIPT_BYTES = 3_600
MAX_WSH_ITEMS = 100
MAX_WSH_OPS = 201  # consensus, pushes not counted
MAX_STACK = 1_000  # consensus, of both stacks together
# A standard transaction weighs at most 400 000; this leaves room for the rest of it.
MAX_TAPSCRIPT_WEIGHT = 380_000

# BIP112 compares these bits and looks at no others: older(65536) asks for a wait of 0 blocks.
_OLDER_BITS, _OLDER_VALUE = 0x0040FFFF, 0xFFFF


def check(context: Context, script: bytes, worst: WitnessCost, height: int) -> None:
    """Raises Malformed if the script, or its worst witness, is beyond what nodes take.

    `height` is how far its execution piles up the stack beyond the items of the witness.
    """
    match context:
        case Context.WSH:
            _bound("the script has {} bytes", len(script), MAX_WSH_SCRIPT_BYTES)
            _bound("the script runs {} opcodes", count_ops(script) + worst.ops, MAX_WSH_OPS)
            _bound("the witness has {} items", worst.items, MAX_WSH_ITEMS)
        case Context.TAPSCRIPT:
            _bound("the script weighs {}", len(script) + worst.size, MAX_TAPSCRIPT_WEIGHT)
    _bound("the stack has {} elements", worst.items + height, MAX_STACK)


def check_older(number: int) -> None:
    """Raises Malformed if older() would not wait for what its number seems to say (BIP112)."""
    if number & ~_OLDER_BITS or not number & _OLDER_VALUE:
        raise Malformed(f"older({number}) does not wait for what it says.")


def _bound(quantity: str, count: int, limit: int) -> None:
    if count > limit:
        raise Malformed(f"It cannot be spent: {quantity.format(count)}, at most {limit} may be.")
