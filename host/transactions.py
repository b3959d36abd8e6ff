"""Transactions as values: what the network's wire, the mempool and the broadcaster need to know.

The device has a parser of its own; sharing one would let one mistake blind both.
"""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Self

from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size

WITNESS_MARKER = b"\x00\x01"  # BIP144
NULL_TXID = bytes(32)
INPUT_AT_LEAST = 41  # an outpoint, an empty script, a sequence
OUTPUT_AT_LEAST = 9  # an amount and an empty script


def double_sha256(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


@dataclass(frozen=True, slots=True)
class Outpoint:
    txid: bytes
    index: int

    def encode(self) -> bytes:
        return self.txid + self.index.to_bytes(4, "little")


@dataclass(frozen=True, slots=True)
class TxIn:
    outpoint: Outpoint
    script_sig: bytes
    sequence: int
    witness: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class TxOut:
    sats: int
    script_pubkey: bytes

    def encode(self) -> bytes:
        return self.sats.to_bytes(8, "little") + _blob(self.script_pubkey)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction and its two names. Hashes are in the order of the wire, not of the screen."""

    version: int
    inputs: tuple[TxIn, ...]
    outputs: tuple[TxOut, ...]
    lock_time: int
    txid: bytes = field(init=False)
    wtxid: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "txid", double_sha256(self.encode(witness=False)))
        object.__setattr__(self, "wtxid", double_sha256(self.encode()))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """One whole transaction (BIP144). Raises Malformed, also for bytes left over."""
        cursor = Cursor(raw)
        transaction = cls.read(cursor)
        cursor.end()
        return transaction

    @classmethod
    def read(cls, cursor: Cursor) -> Self:
        """The next transaction of a longer message. Raises Malformed."""
        version = cursor.uint(4)
        count = cursor.count(INPUT_AT_LEAST)
        has_witness = count == 0
        if has_witness:
            if cursor.uint(1) != 1:
                raise Malformed("A transaction needs inputs, or the witness flag 1.")
            count = cursor.count(INPUT_AT_LEAST)
        inputs = [_read_input(cursor) for _ in range(count)]
        outputs = tuple(_read_output(cursor) for _ in range(cursor.count(OUTPUT_AT_LEAST)))
        if has_witness:
            inputs = [_with_witness(txin, cursor) for txin in inputs]
            if not any(txin.witness for txin in inputs):
                raise Malformed("A transaction marked as having a witness has none.")
        return cls(version, tuple(inputs), outputs, cursor.uint(4))

    def encode(self, *, witness: bool = True) -> bytes:
        """The bytes of the wire; without the witness, the bytes that the txid names."""
        witness = witness and any(txin.witness for txin in self.inputs)
        parts = [self.version.to_bytes(4, "little"), WITNESS_MARKER if witness else b""]
        parts.append(compact_size(len(self.inputs)))
        parts += [_encode_input(txin) for txin in self.inputs]
        parts.append(compact_size(len(self.outputs)))
        parts += [output.encode() for output in self.outputs]
        if witness:
            parts += [_encode_stack(txin.witness) for txin in self.inputs]
        return b"".join([*parts, self.lock_time.to_bytes(4, "little")])

    def unsigned(self) -> Self:
        """The same without what signing adds: scripts of inputs and witnesses (BIP174)."""
        inputs = tuple(replace(txin, script_sig=b"", witness=()) for txin in self.inputs)
        return replace(self, inputs=inputs)

    @property
    def weight(self) -> int:
        """BIP141: bytes without witness count four times."""
        return 3 * len(self.encode(witness=False)) + len(self.encode())

    @property
    def vsize(self) -> int:
        return -(-self.weight // 4)

    @property
    def is_coinbase(self) -> bool:
        return len(self.inputs) == 1 and self.inputs[0].outpoint.txid == NULL_TXID

    @property
    def name(self) -> str:
        """The txid as people read it."""
        return self.txid[::-1].hex()


def _read_input(cursor: Cursor) -> TxIn:
    outpoint = Outpoint(cursor.take(32), cursor.uint(4))
    return TxIn(outpoint, cursor.blob(), cursor.uint(4))


def _read_output(cursor: Cursor) -> TxOut:
    return TxOut(cursor.uint(8), cursor.blob())


def _with_witness(txin: TxIn, cursor: Cursor) -> TxIn:
    stack = tuple(cursor.blob() for _ in range(cursor.count(1)))
    return TxIn(txin.outpoint, txin.script_sig, txin.sequence, stack)


def _encode_input(txin: TxIn) -> bytes:
    tail = txin.sequence.to_bytes(4, "little")
    return txin.outpoint.encode() + _blob(txin.script_sig) + tail


def _encode_stack(stack: tuple[bytes, ...]) -> bytes:
    return compact_size(len(stack)) + b"".join(_blob(item) for item in stack)


def _blob(data: bytes) -> bytes:
    return compact_size(len(data)) + data
