"""What a signature commits to: BIP143 for P2WPKH, BIP341 for the taproot key path.

Only the types that commit to the whole transaction exist here, ALL and taproot's DEFAULT. The
hashes over all inputs and outputs are taken once, so signing grows linearly with inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from signer.chains.bitcoin import script
from signer.chains.bitcoin.script import Kind
from signer.chains.bitcoin.tx import Output, Tx
from signer.formats.cursor import compact_size
from signer.hashes import double_sha256, sha256, tagged_hash

DEFAULT, ALL = 0, 1
# The other flags there are (BIP143, BIP341): NONE, SINGLE, and each flag with ANYONECANPAY.
OPEN_TYPES = frozenset((0x02, 0x03, 0x81, 0x82, 0x83))


@dataclass(frozen=True, slots=True)
class Midstates:
    """Single SHA256 of each list in the transaction; BIP143 hashes three of them once more."""

    outpoints: bytes
    sequences: bytes
    outputs: bytes
    amounts: bytes
    scripts: bytes


def midstates(tx: Tx, spent: Sequence[Output]) -> Midstates:
    """The shared hashes of a transaction that spends these outputs, one per input, in order."""
    return Midstates(
        outpoints=sha256(b"".join(i.outpoint for i in tx.inputs)),
        sequences=sha256(b"".join(i.sequence.to_bytes(4, "little") for i in tx.inputs)),
        outputs=sha256(b"".join(o.encode() for o in tx.outputs)),
        amounts=sha256(b"".join(o.sats.to_bytes(8, "little") for o in spent)),
        scripts=sha256(
            b"".join(
                chain.from_iterable(
                    (compact_size(len(o.script_pubkey)), o.script_pubkey) for o in spent
                )
            )
        ),
    )


def digest(tx: Tx, shared: Midstates, index: int, spent: Output, hash_type: int) -> bytes:
    """The 32 bytes that the key of input `index` signs: the coin it spends decides the rule."""
    if script.kind(spent.script_pubkey) is Kind.P2TR:
        return taproot(tx, shared, index, hash_type)
    return segwit_v0(tx, shared, index, spent)


def segwit_v0(tx: Tx, shared: Midstates, index: int, spent: Output) -> bytes:
    """The digest for the P2WPKH input `index`, type ALL (BIP143, Specification)."""
    code = script.p2pkh(script.program(spent.script_pubkey))
    one = tx.inputs[index]
    return double_sha256(
        b"".join(
            (
                tx.version.to_bytes(4, "little"),
                sha256(shared.outpoints),
                sha256(shared.sequences),
                one.outpoint,
                compact_size(len(code)),
                code,
                spent.sats.to_bytes(8, "little"),
                one.sequence.to_bytes(4, "little"),
                sha256(shared.outputs),
                tx.locktime.to_bytes(4, "little"),
                ALL.to_bytes(4, "little"),
            )
        )
    )


def taproot(tx: Tx, shared: Midstates, index: int, hash_type: int) -> bytes:
    """The digest for the key path of input `index`, no annex (BIP341, Common signature message).

    `hash_type` is DEFAULT or ALL; both commit to the same things and sign different digests.
    """
    return tagged_hash(
        "TapSighash",
        b"\x00",  # epoch
        bytes((hash_type,)),
        tx.version.to_bytes(4, "little"),
        tx.locktime.to_bytes(4, "little"),
        shared.outpoints,
        shared.amounts,
        shared.scripts,
        shared.sequences,
        shared.outputs,
        b"\x00",  # spend type: key path, no annex
        index.to_bytes(4, "little"),
    )
