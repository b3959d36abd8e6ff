"""Blocks as values, and how one is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from host.p2p.messages import BLOCK_HEADER_LENGTH
from host.transactions import (
    NULL_TXID,
    Outpoint,
    Transaction,
    TxIn,
    TxOut,
    double_sha256,
)
from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size

VERSION = 0x20000000  # BIP9, no deployment signalled
EASIEST = 0x207FFFFF  # regtest: every second try is a block
COMMITMENT = bytes.fromhex("6a24aa21a9ed")  # BIP141
SMALLEST_TRANSACTION = 60
RESERVED = bytes(32)  # BIP141: the coinbase's witness
HALVING = 150
FIRST_SUBSIDY = 50 * 100_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `header` is its 80 bytes, `hash` is in the order of the wire."""

    header: bytes
    transactions: tuple[Transaction, ...]
    hash: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Raises Malformed. Whether the block is valid is for the chain to say."""
        cursor = Cursor(raw)
        header = cursor.take(BLOCK_HEADER_LENGTH)
        count = cursor.count(SMALLEST_TRANSACTION)
        transactions = tuple(Transaction.read(cursor) for _ in range(count))
        cursor.end()
        if not transactions:
            raise Malformed("A block holds one transaction at least.")
        return cls(header, transactions, double_sha256(header))

    def encode(self, *, witness: bool = True) -> bytes:
        encoded = [transaction.encode(witness=witness) for transaction in self.transactions]
        return self.header + compact_size(len(encoded)) + b"".join(encoded)

    @property
    def previous(self) -> bytes:
        return self.header[4:36]

    @property
    def is_whole(self) -> bool:
        """Whether transactions and witnesses are those that the header commits to (BIP141)."""
        if merkle_root([entry.txid for entry in self.transactions]) != self.header[36:68]:
            return False
        coinbase, *spends = self.transactions
        marked = [out.script_pubkey for out in coinbase.outputs if _commits(out)]
        if not marked:
            return not any(txin.witness for entry in self.transactions for txin in entry.inputs)
        root = merkle_root([bytes(32), *(spend.wtxid for spend in spends)])
        reserved = b"".join(coinbase.inputs[0].witness) if coinbase.inputs else b""
        return marked[-1][6:38] == double_sha256(root + reserved)


def timestamp(header: bytes) -> int:
    return int.from_bytes(header[68:72], "little")


def has_work(header: bytes) -> bool:
    """Whether a header's hash meets the target it names, at regtest's difficulty or harder."""
    bits = int.from_bytes(header[72:76], "little")
    return bits == EASIEST and int.from_bytes(double_sha256(header), "little") <= _target(bits)


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


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    level = list(hashes)
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [double_sha256(left + right) for left, right in pairs]
    return level[0]


def _commits(out: TxOut) -> bool:
    return out.script_pubkey.startswith(COMMITMENT) and len(out.script_pubkey) >= 38


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


def _target(bits: int) -> int:
    return (bits & 0x7FFFFF) << 8 * ((bits >> 24) - 3)
