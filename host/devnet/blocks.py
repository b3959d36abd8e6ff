"""How a block is made."""

from collections.abc import Sequence

from host.p2p.blocks import COMMITMENT, Block, meets_target, merkle_root
from host.transactions import (
    NULL_TXID,
    Outpoint,
    Transaction,
    TxIn,
    TxOut,
    double_sha256,
)

VERSION = 0x20000000  # BIP9, no deployment signalled
EASIEST = 0x207FFFFF  # regtest: every second try is a block
RESERVED = bytes(32)  # BIP141: the coinbase's witness
HALVING = 150
FIRST_SUBSIDY = 50 * 100_000_000


def timestamp(header: bytes) -> int:
    return int.from_bytes(header[68:72], "little")


def has_work(header: bytes) -> bool:
    """Whether a header's hash meets the target it names, at regtest's difficulty or harder."""
    bits = int.from_bytes(header[72:76], "little")
    return bits == EASIEST and meets_target(header)


def build(
    previous: bytes,
    height: int,
    time: int,
    reward: TxOut,
    transactions: Sequence[Transaction],
    miner: bytes = b"",
) -> Block:
    """A mined block on top of `previous`. `reward.sats` is the subsidy and all fees.

    `miner` (75 bytes at most) goes into the coinbase: two miners never find the same block.
    """
    coinbase = _coinbase(height, reward, transactions, miner)
    listed = (coinbase, *transactions)
    root = merkle_root([transaction.txid for transaction in listed])
    start = VERSION.to_bytes(4, "little") + previous + root
    start += time.to_bytes(4, "little") + EASIEST.to_bytes(4, "little")
    nonce = 0
    while not has_work(header := start + nonce.to_bytes(4, "little")):
        nonce += 1
    return Block(header, listed, double_sha256(header))


def subsidy(height: int) -> int:
    """New sats in the block at `height`, on regtest."""
    return FIRST_SUBSIDY >> (height // HALVING)


def _coinbase(
    height: int, reward: TxOut, transactions: Sequence[Transaction], miner: bytes
) -> Transaction:
    witness_root = merkle_root([bytes(32), *(transaction.wtxid for transaction in transactions)])
    commitment = TxOut(0, COMMITMENT + double_sha256(witness_root + RESERVED))
    source = Outpoint(NULL_TXID, 0xFFFFFFFF)
    script = _push_height(height) + b"\x08quietkey" + bytes([len(miner)]) * bool(miner) + miner
    entry = TxIn(source, script, 0xFFFFFFFF, (RESERVED,))
    return Transaction(2, (entry,), (reward, commitment), 0)


def _push_height(height: int) -> bytes:
    """BIP34: the height as a script number, pushed in the shortest way."""
    if height <= 16:
        return bytes([0x50 + height])
    number = height.to_bytes(height.bit_length() // 8 + 1, "little")
    return bytes([len(number)]) + number
