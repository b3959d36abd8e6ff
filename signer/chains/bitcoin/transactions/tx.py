"""Transactions as values: the unsigned one under review, previous ones that prove amounts."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import iter_unpack

from signer.chains.bitcoin.network import MAX_INPUTS, MAX_OUTPUTS
from signer.errors import CommonReason, Malformed, Refused
from signer.formats.cursor import Cursor, blob, compact_at, compact_size
from signer.hashes import double_sha256

# The fewest bytes one can take. A count is believed only as far as the bytes behind it reach (T75).
_INPUT_BYTES = 32 + 4 + 1 + 4
_OUTPUT_BYTES = 8 + 1
_WITNESS_MARK = b"\x00\x01"  # where the count of inputs would stand (BIP144)


@dataclass(frozen=True, slots=True)
class TxInput:
    """A coin that is spent: `outpoint` is its txid (wire order) and index, 36 bytes.

    What unlocks it, `script_sig` and `witness`, is empty in an unsigned transaction.
    """

    outpoint: bytes
    sequence: int
    script_sig: bytes = b""
    witness: tuple[bytes, ...] = ()

    @property
    def txid(self) -> bytes:
        return self.outpoint[:32]

    @property
    def index(self) -> int:
        return int.from_bytes(self.outpoint[32:], "little")

    def encode(self) -> bytes:
        """Without the witness, which stands behind all outputs."""
        return self.outpoint + blob(self.script_sig) + self.sequence.to_bytes(4, "little")


@dataclass(frozen=True, slots=True)
class TxOutput:
    sats: int
    script_pubkey: bytes

    def encode(self) -> bytes:
        return self.sats.to_bytes(8, "little") + blob(self.script_pubkey)


@dataclass(frozen=True, slots=True)
class Tx:
    """A transaction. It encodes to the bytes it came from, nothing normalised (T23).

    `version` is the unsigned number of the wire, also where consensus reads a negative one.
    """

    version: int
    inputs: tuple[TxInput, ...]
    outputs: tuple[TxOutput, ...]
    locktime: int

    @property
    def txid(self) -> bytes:
        """The id (32 bytes, wire order); witnesses do not change it."""
        return double_sha256(self.encode())

    def encode(self) -> bytes:
        """Without witnesses: the form that PSBTs carry, and whose double SHA256 is the txid."""
        return self._join(b"", b"")

    def encode_signed(self) -> bytes:
        """With witnesses, where there are any (BIP144): the form the network relays."""
        if not any(tx_input.witness for tx_input in self.inputs):
            return self.encode()
        return self._join(
            _WITNESS_MARK, b"".join(stack(tx_input.witness) for tx_input in self.inputs)
        )

    def _join(self, mark: bytes, witnesses: bytes) -> bytes:
        return b"".join(
            (
                self.version.to_bytes(4, "little"),
                mark,
                compact_size(len(self.inputs)),
                *(tx_input.encode() for tx_input in self.inputs),
                compact_size(len(self.outputs)),
                *(tx_output.encode() for tx_output in self.outputs),
                witnesses,
                self.locktime.to_bytes(4, "little"),
            )
        )


class PreviousOutputs:
    """The outputs of a previous transaction, by index, read when they are asked for.

    Of a transaction with thousands of outputs one or two are spent; as values all of them would
    take many times the memory of their bytes (T75).
    """

    __slots__ = ("_data", "_starts")

    def __init__(self, data: bytes, starts: Sequence[int]) -> None:
        self._data = data
        self._starts = starts

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, index: int) -> TxOutput:
        return _output(self._data, self._starts[index])[0]


@dataclass(frozen=True, slots=True)
class PreviousTx:
    """A confirmed or pending transaction some of whose outputs are spent; txid in wire order."""

    txid: bytes
    outputs: PreviousOutputs = field(repr=False, compare=False)


def stack(items: Sequence[bytes]) -> bytes:
    """The witness of one input as it stands in a transaction (BIP144)."""
    return compact_size(len(items)) + b"".join(map(blob, items))


def parse(data: bytes) -> Tx:
    """A whole transaction, signed or not, with witnesses or without (BIP144).

    Raises Malformed, or Refused for more inputs or outputs than the budget.
    """
    cursor = Cursor(data)
    version = cursor.uint(4)
    has_witness = data[4:6] == _WITNESS_MARK
    if has_witness:
        cursor.take(2)
    count = _within(cursor.count(_INPUT_BYTES), MAX_INPUTS)
    bare = [(cursor.take(36), cursor.blob(), cursor.uint(4)) for _ in range(count)]
    count = _within(cursor.count(_OUTPUT_BYTES), MAX_OUTPUTS)
    outputs = tuple(TxOutput(cursor.uint(8), cursor.blob()) for _ in range(count))
    witnesses = [_read_stack(cursor) if has_witness else () for _ in bare]
    locktime = cursor.uint(4)
    cursor.end()
    if has_witness and not any(witnesses):
        raise Malformed("A transaction without witnesses is written without them.")
    inputs = tuple(
        TxInput(outpoint, sequence, script_sig, witness)
        for (outpoint, script_sig, sequence), witness in zip(bare, witnesses, strict=True)
    )
    return Tx(version, inputs, outputs, locktime)


def parse_unsigned(data: bytes) -> Tx:
    """The transaction of a PSBT: no witnesses, empty scriptSigs (BIP174, PSBT_GLOBAL_UNSIGNED_TX).

    Raises Malformed, or Refused for more inputs or outputs than the budget.
    """
    cursor = Cursor(data)
    version = cursor.uint(4)
    count = _within(cursor.count(_INPUT_BYTES), MAX_INPUTS)
    inputs = tuple(
        _unsigned_input(*parts) for parts in iter_unpack("<36sBI", cursor.take(41 * count))
    )
    count = _within(cursor.count(_OUTPUT_BYTES), MAX_OUTPUTS)
    outputs, offset = [], cursor.position
    for _ in range(count):
        output, offset = _output(data, offset)
        outputs.append(output)
    cursor.take(offset - cursor.position)
    locktime = cursor.uint(4)
    cursor.end()
    return Tx(version, inputs, tuple(outputs), locktime)


def parse_previous(data: bytes) -> PreviousTx:
    """A signed transaction, with its witnesses or stripped of them (BIP144); its txid is computed.

    Raises Malformed; also for bytes after its end, which would let two readers see two things. Its
    counts cost nothing: each step reads on, and the first behind the end is Malformed.
    """
    has_witness = data[4:6] == _WITNESS_MARK
    start = 6 if has_witness else 4
    inputs, offset = compact_at(data, start)
    for _ in range(inputs):
        length, offset = compact_at(data, offset + 36)
        offset += length + 4
    outputs, offset = compact_at(data, offset)
    starts = array("I")
    for _ in range(outputs):
        starts.append(offset)
        length, offset = compact_at(data, offset + 8)
        offset += length
    stop = offset
    if has_witness:
        offset = _skip_witnesses(data, offset, inputs)
    if offset + 4 != len(data):
        raise Malformed(f"{len(data) - offset} bytes are left over for a locktime of 4.")
    bare = data[:4] + data[start:stop] + data[offset:] if has_witness else data
    return PreviousTx(double_sha256(bare), PreviousOutputs(data, starts))


def _skip_witnesses(data: bytes, offset: int, inputs: int) -> int:
    filled = 0
    for _ in range(inputs):
        items, offset = compact_at(data, offset)
        filled += items
        offset = _skip_blobs(data, offset, items)
    if not filled:
        raise Malformed("A transaction without witnesses is written without them.")
    return offset


def _skip_blobs(data: bytes, offset: int, count: int) -> int:
    # One byte each is all that the items of a hostile witness take: the innermost loop (T75).
    try:
        for _ in range(count):
            if (length := data[offset]) < 0xFD:
                offset += length + 1
            else:
                length, offset = compact_at(data, offset)
                offset += length
    except IndexError:
        raise Malformed(f"1 bytes expected at byte {offset}, 0 left.") from None
    return offset


def _unsigned_input(outpoint: bytes, script_sig_size: int, sequence: int) -> TxInput:
    if script_sig_size:
        raise Malformed("An unsigned transaction has empty scriptSigs.")
    return TxInput(outpoint, sequence)


def _output(data: bytes, offset: int) -> tuple[TxOutput, int]:
    """The output at `offset`, and the place behind it."""
    length, start = compact_at(data, offset + 8)
    stop = start + length
    if stop > len(data):
        raise Malformed(f"{length} bytes expected at byte {start}, {len(data) - start} left.")
    return TxOutput(int.from_bytes(data[offset : offset + 8], "little"), data[start:stop]), stop


def _read_stack(cursor: Cursor) -> tuple[bytes, ...]:
    return tuple(cursor.blob() for _ in range(cursor.count(1)))


def _within(count: int, budget: int) -> int:
    if count > budget:
        raise Refused(CommonReason.TOO_LARGE)
    return count
