"""Blocks as values, and whether a header has the work it claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from host.p2p.messages import BLOCK_HEADER_LENGTH
from host.transactions import Transaction, TxOut, double_sha256
from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size

SMALLEST_TRANSACTION = 60
COMMITMENT = bytes.fromhex("6a24aa21a9ed")  # BIP141


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


def _commits(out: TxOut) -> bool:
    return out.script_pubkey.startswith(COMMITMENT) and len(out.script_pubkey) >= 38


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    level = list(hashes)
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [double_sha256(left + right) for left, right in pairs]
    return level[0]


def merkle_branch(hashes: Sequence[bytes], position: int) -> list[bytes]:
    """What the hash at `position` is hashed with, step by step, up to the root."""
    branch, level = [], list(hashes)
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        branch.append(level[position ^ 1])
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [double_sha256(left + right) for left, right in pairs]
        position //= 2
    return branch


def target(header: bytes) -> int:
    """What a header's hash must not exceed, as its `bits` say; 0 when no hash can meet it.

    Source: Bitcoin Core, arith_uint256::SetCompact.
    """
    bits = int.from_bytes(header[72:76], "little")
    mantissa, size = bits & 0x7FFFFF, bits >> 24
    if bits & 0x800000 or size > 32:
        return 0
    return mantissa << 8 * (size - 3) if size >= 3 else mantissa >> 8 * (3 - size)


def meets_target(header: bytes) -> bool:
    """Whether its hash meets the target that it names."""
    return int.from_bytes(double_sha256(header), "little") <= target(header)


def work(header: bytes) -> int:
    """How many hashes it takes on average to find such a header (Core's GetBlockProof)."""
    return (1 << 256) // (target(header) + 1)
