"""Transactions as values: the unsigned one under review, previous ones that prove amounts."""

from dataclasses import dataclass

from signer.chains.bitcoin.network import MAX_INPUTS, MAX_OUTPUTS
from signer.errors import Malformed, Reason, Refused
from signer.formats.cursor import Cursor, compact_size
from signer.hashes import double_sha256

# The fewest bytes one can take. A count is believed only as far as the bytes behind it reach (T75).
_INPUT_BYTES = 32 + 4 + 1 + 4
_OUTPUT_BYTES = 8 + 1


@dataclass(frozen=True, slots=True)
class Input:
    """A coin that is spent: `outpoint` is its txid (wire order) and index, 36 bytes."""

    outpoint: bytes
    sequence: int

    @property
    def txid(self) -> bytes:
        return self.outpoint[:32]

    @property
    def index(self) -> int:
        return int.from_bytes(self.outpoint[32:], "little")


@dataclass(frozen=True, slots=True)
class Output:
    sats: int
    script_pubkey: bytes

    def encode(self) -> bytes:
        size = compact_size(len(self.script_pubkey))
        return self.sats.to_bytes(8, "little") + size + self.script_pubkey


@dataclass(frozen=True, slots=True)
class Tx:
    """An unsigned transaction. It encodes to the bytes it came from, nothing normalised (T23)."""

    version: int
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    locktime: int

    def encode(self) -> bytes:
        """Without witnesses: the form that PSBTs carry, and whose double SHA256 is the txid."""
        return b"".join(
            (
                self.version.to_bytes(4, "little"),
                compact_size(len(self.inputs)),
                *(i.outpoint + b"\x00" + i.sequence.to_bytes(4, "little") for i in self.inputs),
                compact_size(len(self.outputs)),
                *(o.encode() for o in self.outputs),
                self.locktime.to_bytes(4, "little"),
            )
        )


@dataclass(frozen=True, slots=True)
class Previous:
    """A confirmed or pending transaction some of whose outputs are spent; txid in wire order."""

    txid: bytes
    outputs: tuple[Output, ...]


def parse_unsigned(data: bytes) -> Tx:
    """The transaction of a PSBT: no witnesses, empty scriptSigs (BIP174, PSBT_GLOBAL_UNSIGNED_TX).

    Raises Malformed, or Refused for more inputs or outputs than the budget.
    """
    cursor = Cursor(data)
    version = cursor.uint(4)
    count = _within(cursor.count(_INPUT_BYTES), MAX_INPUTS)
    inputs = tuple(_unsigned_input(cursor) for _ in range(count))
    count = _within(cursor.count(_OUTPUT_BYTES), MAX_OUTPUTS)
    outputs = tuple(_output(cursor) for _ in range(count))
    locktime = cursor.uint(4)
    cursor.end()
    return Tx(version, inputs, outputs, locktime)


def parse_previous(data: bytes) -> Previous:
    """A signed transaction, with its witnesses or stripped of them (BIP144); its txid is computed.

    Raises Malformed; also for bytes after its end, which would let two readers see two things.
    """
    cursor = Cursor(data)
    cursor.take(4)
    has_witness = data[4:6] == b"\x00\x01"
    if has_witness:
        cursor.take(2)
    start = cursor.position
    inputs = cursor.count(_INPUT_BYTES)
    for _ in range(inputs):
        cursor.take(36)
        cursor.blob()
        cursor.take(4)
    outputs = tuple(_output(cursor) for _ in range(cursor.count(_OUTPUT_BYTES)))
    body = data[start : cursor.position]
    for _ in range(inputs if has_witness else 0):
        for _ in range(cursor.count(1)):
            cursor.blob()
    locktime = cursor.take(4)
    cursor.end()
    return Previous(double_sha256(data[:4] + body + locktime), outputs)


def _unsigned_input(cursor: Cursor) -> Input:
    outpoint = cursor.take(36)
    if cursor.blob():
        raise Malformed("An unsigned transaction has empty scriptSigs.")
    return Input(outpoint, cursor.uint(4))


def _output(cursor: Cursor) -> Output:
    return Output(cursor.uint(8), cursor.blob())


def _within(count: int, budget: int) -> int:
    if count > budget:
        raise Refused(Reason.TOO_LARGE)
    return count
