"""Who lies about a filter? What the block itself proves, whoever sent it."""

from collections.abc import Callable, Mapping

from host.p2p.blocks import Block, merkle_root
from host.p2p.filters import OP_RETURN, BasicFilter
from host.transactions import Outpoint, double_sha256
from signer.errors import Malformed

COMMITMENT = bytes.fromhex("6a24aa21a9ed")  # BIP141
Scripts = Mapping[Outpoint, bytes]
ScriptSource = Callable[[], Scripts]


def authentic(raw: bytes, block_hash: bytes) -> Block:
    """The block of that hash, with every transaction it commits to. Raises Malformed."""
    block = Block.parse(raw)
    root = merkle_root([transaction.txid for transaction in block.transactions])
    if block.hash != block_hash or block.header[36:68] != root:
        raise Malformed("It is not the block that was asked for.")
    if not _commits_to_witnesses(block):
        raise Malformed("The witnesses of the block were changed.")
    return block


def _commits_to_witnesses(block: Block) -> bool:
    """BIP141, "Commitment structure". A block whose transactions have no witness may lack it."""
    coinbase, *following = block.transactions
    scripts = [out.script_pubkey for out in coinbase.outputs]
    commitments = [script[6:38] for script in scripts if script[:6] == COMMITMENT]
    witness = coinbase.inputs[0].witness if coinbase.inputs else ()
    if not commitments or len(witness) != 1:
        return not any(txin.witness for tx in following for txin in tx.inputs)
    root = merkle_root([bytes(32), *(transaction.wtxid for transaction in following)])
    return double_sha256(root + witness[0]) == commitments[-1]


def check_filter(data: bytes, block: Block, coins: Scripts) -> None:
    """Raise Malformed when this cannot be the block's basic filter (BIP158).

    Certain: every script that the block pays to must be in it, and every script it spends that
    is certain, from the block itself or from `coins`. Scripts that are spent and not known can only
    be counted. An honest filter never fails.
    """
    basic_filter = BasicFilter(data, block.hash)
    created = _created(block)
    spent = _spent(block, coins)
    certain = created | {script for script in spent if script}
    at_most = len(certain) + sum(script is None for script in spent)
    if not len(certain) <= basic_filter.count <= at_most:
        raise Malformed("It has too few or too many scripts.")
    if not all(map(basic_filter.holds, certain)):
        raise Malformed("It leaves out scripts of the block.")


def _created(block: Block) -> set[bytes]:
    scripts = (out.script_pubkey for tx in block.transactions for out in tx.outputs)
    return {script for script in scripts if script and script[0] != OP_RETURN}


def _spent(block: Block, coins: Scripts) -> list[bytes | None]:
    """The script of each coin that is spent; None where it is not known."""
    in_block = {
        Outpoint(tx.txid, index): out.script_pubkey
        for tx in block.transactions
        for index, out in enumerate(tx.outputs)
    }
    outpoints = [
        txin.outpoint for tx in block.transactions if not tx.is_coinbase for txin in tx.inputs
    ]
    return [in_block.get(point, coins.get(point)) for point in outpoints]
