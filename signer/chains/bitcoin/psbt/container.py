"""The PSBT container, versions 0 and 2 (BIP174, BIP370): maps in, the same maps out, order kept.

Every record is kept as the bytes it came in. What a field means is decided where it is used;
here only its form is checked, by a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from signer.chains.bitcoin.network import (
    FINAL_SEQUENCE,
    MAX_INPUTS,
    MAX_OUTPUTS,
    MAX_PSBT_BYTES,
    MAX_RECORDS,
)
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.forms import FieldForms, check, check_all
from signer.chains.bitcoin.psbt.maps import Map, Record, read_map
from signer.chains.bitcoin.transactions import tx
from signer.errors import CommonReason, CrossCheckFailed, Malformed, Refused
from signer.formats.cursor import Cursor

MAGIC = b"psbt\xff"
_OPEN_TO_MORE = 0x03  # inputs may be added, and outputs (BIP370, PSBT_GLOBAL_TX_MODIFIABLE)

# The fewest bytes of a map in version 2: what each must hold, and its end.
_INPUT_BYTES, _OUTPUT_BYTES = 35 + 7 + 1, 11 + 3 + 1
# In memory a small record is ten times what it is on the wire, and a map takes as much as two of
# them. A request made of nothing else serves only to fill memory, so their number is bounded by its
# size (T75). Some are free: a standard transaction's 3,200 outputs fit, with no field but what each
# must have.
_FREE_RECORDS, _BYTES_PER_RECORD, _RECORDS_PER_MAP = 8_000, 24, 2


@dataclass(frozen=True, slots=True)
class Psbt:
    """A PSBT. `unsigned_tx` are the transaction's own bytes, `tx` what they say.

    In version 2 both are made of the fields (BIP370). A silent payment whose script is not known
    yet (BIP375) is an output with an empty script.
    """

    tx: tx.Tx
    unsigned_tx: bytes = field(repr=False)
    globals: Map = field(repr=False)
    inputs: tuple[Map, ...] = field(repr=False)
    outputs: tuple[Map, ...] = field(repr=False)
    version: int

    def encode(self) -> bytes:
        """The bytes; unchanged maps give exactly the bytes they were parsed from."""
        maps = (self.globals, *self.inputs, *self.outputs)
        return MAGIC + b"".join(m.encode() for m in maps)


def parse(data: bytes) -> Psbt:
    """A PSBT from its binary form. Raises Malformed, or Refused for its size."""
    if len(data) > MAX_PSBT_BYTES:
        raise Refused(CommonReason.TOO_LARGE)
    data = bytes(data)  # a copy, should the caller's buffer be one that can change (T73)
    if not data.startswith(MAGIC):
        raise Malformed("A PSBT starts with psbt and the byte ff.")
    room = min(MAX_RECORDS, _FREE_RECORDS + len(data) // _BYTES_PER_RECORD)
    head, offset = read_map(data, len(MAGIC), room)
    version = _version(head)
    forms = fields.FORMS[version]
    check(head, forms.head)
    unsigned = None if version else tx.parse_unsigned(_required(head, fields.UNSIGNED_TX))
    ins, outs = (
        _counts(head, len(data) - offset)
        if unsigned is None
        else (len(unsigned.inputs), len(unsigned.outputs))
    )
    maps = _maps(data, offset, ins + outs, room)
    inputs = check_all(maps[:ins], forms.input, "Input")
    outputs = check_all(maps[ins:], forms.output, "Output")
    unsigned = unsigned or _transaction(head, inputs, outputs)
    raw = head.get(fields.UNSIGNED_TX) or unsigned.encode()
    return Psbt(unsigned, raw, head, inputs, outputs, version)


def modifiable(psbt: Psbt) -> int:
    """The bits of TX_MODIFIABLE (BIP370): what others may still change. 0: nothing."""
    return int.from_bytes(psbt.globals.get(fields.TX_MODIFIABLE) or b"", "little")


def closed(psbt: Psbt) -> Psbt:
    """The PSBT with the marks cleared that a signature of type ALL clears (BIP370, Signer).

    Has SIGHASH_SINGLE stays: it is about signatures that are there already.
    """
    flags = modifiable(psbt)
    if not flags & _OPEN_TO_MORE:
        return psbt
    cleared = {bytes((fields.TX_MODIFIABLE,)): bytes((flags & ~_OPEN_TO_MORE,))}
    return replace(psbt, globals=Map({**psbt.globals.fields, **cleared}))


def add(psbt: Psbt, added: Mapping[int, Sequence[Record]]) -> Psbt:
    """The PSBT with these records added to each of these inputs, fields grouped as Jade does it.

    Types ascend, within a type the order of arrival is kept, records we do not know come last.
    Raises CrossCheckFailed where such a record is there already: we add only what is missing.
    """
    forms = fields.FORMS[psbt.version]
    inputs = tuple(
        _grouped(psbt_map, added.get(i, ()), forms.input) for i, psbt_map in enumerate(psbt.inputs)
    )
    outputs = tuple(_grouped(psbt_map, (), forms.output) for psbt_map in psbt.outputs)
    head = _grouped(psbt.globals, (), forms.head)
    return replace(psbt, globals=head, inputs=inputs, outputs=outputs)


def _grouped(psbt_map: Map, added: Sequence[Record], forms: FieldForms) -> Map:
    records = [*psbt_map.fields.items(), *added]
    merged = dict(sorted(records, key=lambda r: r[0][0] if r[0][0] in forms else 0x100))
    if len(merged) != len(records):
        raise CrossCheckFailed("With the same key twice, what was signed cannot be read.")
    return Map(merged)


def _version(head: Map) -> int:
    version = int.from_bytes(head.get(fields.VERSION) or b"", "little")
    if version not in fields.FORMS:
        raise Malformed("A PSBT is of version 0 or 2.")
    return version


def _counts(head: Map, remaining: int) -> tuple[int, int]:
    ins, outs = (
        _count(_required(head, kind)) for kind in (fields.INPUT_COUNT, fields.OUTPUT_COUNT)
    )
    if ins * _INPUT_BYTES + outs * _OUTPUT_BYTES > remaining:
        raise Malformed(f"{ins} inputs and {outs} outputs do not fit the bytes that follow.")
    if ins > MAX_INPUTS or outs > MAX_OUTPUTS:
        raise Refused(CommonReason.TOO_LARGE)
    return ins, outs


def _count(value: bytes) -> int:
    cursor = Cursor(value)
    count = cursor.compact()
    cursor.end()
    return count


def _required(psbt_map: Map, kind: int) -> bytes:
    value = psbt_map.get(kind)
    if value is None:
        raise Malformed(f"The PSBT field {kind:#04x} is missing.")
    return value


def _maps(data: bytes, offset: int, count: int, room: int) -> list[Map]:
    maps: list[Map] = []
    room -= _RECORDS_PER_MAP * count
    for _ in range(count):
        psbt_map, offset = read_map(data, offset, room)
        room -= len(psbt_map.fields)
        maps.append(psbt_map)
    Cursor(data, offset).end()
    return maps


def _transaction(head: Map, inputs: Sequence[Map], outputs: Sequence[Map]) -> tx.Tx:
    """The transaction of a version 2 PSBT (BIP370, Determining Lock Time)."""
    return tx.Tx(
        int.from_bytes(_required(head, fields.TX_VERSION), "little"),
        tuple(_input(psbt_map) for psbt_map in inputs),
        tuple(_output(psbt_map, head) for psbt_map in outputs),
        _locktime(head, inputs),
    )


def _input(psbt_map: Map) -> tx.TxInput:
    sequence = psbt_map.get(fields.SEQUENCE)
    return tx.TxInput(
        _required(psbt_map, fields.PREVIOUS_TXID) + _required(psbt_map, fields.OUTPUT_INDEX),
        FINAL_SEQUENCE if sequence is None else int.from_bytes(sequence, "little"),
    )


def _output(psbt_map: Map, head: Map) -> tx.TxOutput:
    sats = int.from_bytes(_required(psbt_map, fields.OUT_AMOUNT), "little")
    info, script = psbt_map.get(fields.OUT_SP_V0_INFO), psbt_map.get(fields.OUT_SCRIPT)
    if info is None:
        if psbt_map.get(fields.OUT_SP_V0_LABEL) is not None:
            raise Malformed("A silent payment label belongs to a silent payment address.")
        return tx.TxOutput(sats, _required(psbt_map, fields.OUT_SCRIPT))
    if script == b"":
        raise Malformed("The script of a silent payment is left out or whole.")
    # The script of a silent payment follows from all inputs: once it is set, none may change.
    if script is not None and any(head.get(fields.TX_MODIFIABLE) or b""):
        raise Malformed("A silent payment has its script, and inputs may still be added.")
    return tx.TxOutput(sats, script or b"")


def _locktime(head: Map, inputs: Sequence[Map]) -> int:
    """The highest lock of a kind that every input with a lock accepts, heights before times."""
    locked = [
        psbt_map
        for psbt_map in inputs
        if psbt_map.has_any(fields.REQUIRED_TIME_LOCKTIME, fields.REQUIRED_HEIGHT_LOCKTIME)
    ]
    if not locked:
        return int.from_bytes(head.get(fields.FALLBACK_LOCKTIME) or b"", "little")
    for kind in (fields.REQUIRED_HEIGHT_LOCKTIME, fields.REQUIRED_TIME_LOCKTIME):
        locks = [psbt_map.get(kind) for psbt_map in locked]
        if None not in locks:
            return max(int.from_bytes(lock or b"", "little") for lock in locks)
    raise Malformed("One input needs a height and another a time: no locktime is both.")
