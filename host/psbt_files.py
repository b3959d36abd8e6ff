"""PSBTs as people keep and paste them: binary, base64 or hex, version 0 or 2 (BIP174, BIP370)."""

import base64
import binascii
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from host.errors import BadInput
from host.psbt import MAGIC, UNSIGNED_TX, Map, PsbtMaps, read_map
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size

LONGEST_FILE = 8_000_000  # bytes; as text
STDIO = "-"
_VERSION = b"\xfb"
_TX_VERSION, _FALLBACK_LOCK_TIME, _INPUT_COUNT, _OUTPUT_COUNT, _MODIFIABLE = (
    bytes([field]) for field in range(2, 7)
)
_PREVIOUS_TXID, _OUTPUT_INDEX, _SEQUENCE, _TIME_LOCK, _HEIGHT_LOCK = (
    bytes([field]) for field in range(0x0E, 0x13)
)
_AMOUNT, _SCRIPT = b"\x03", b"\x04"
_GLOBALS_2 = (_TX_VERSION, _FALLBACK_LOCK_TIME, _INPUT_COUNT, _OUTPUT_COUNT, _MODIFIABLE)
_INPUT_2 = (_PREVIOUS_TXID, _OUTPUT_INDEX, _SEQUENCE, _TIME_LOCK, _HEIGHT_LOCK)
_FINAL = 0xFFFFFFFF
_MOST_PARTS = 20_000
_NOTHING = "Nothing was changed."


def read_psbt(data: bytes) -> PsbtMaps:
    """The PSBT in a file or a paste, as version 0. Raises BadInput: none, or a damaged one."""
    try:
        raw = _binary(data)
        cursor = Cursor(raw)
        cursor.take(len(MAGIC))
        top = read_map(cursor)
        return PsbtMaps.parse(raw) if UNSIGNED_TX in top else _from_version_2(top, cursor)
    except Malformed as error:
        raise BadInput(f"This is not a whole PSBT: {error} {_NOTHING}") from error


def read_bytes(file: str) -> bytes:
    """What is in a file, or on stdin for "-": as much as is read of it. Raises BadInput."""
    try:
        if file == STDIO:
            return sys.stdin.buffer.read(LONGEST_FILE + 1)
        with Path(file).open("rb") as stream:
            return stream.read(LONGEST_FILE + 1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}. {_NOTHING}") from error


def binary_form(data: bytes) -> bytes:
    """The same PSBT, unread, as binary. Raises BadInput for what does not begin as one."""
    try:
        return _binary(data)
    except Malformed as error:
        raise BadInput(f"This is no PSBT: {error} {_NOTHING}") from error


def _binary(data: bytes) -> bytes:
    if len(data) > LONGEST_FILE:
        raise Malformed("It is too long.")
    if data.startswith(MAGIC):
        return data
    text = b"".join(data.split())
    try:
        if text[: 2 * len(MAGIC)].lower() == MAGIC.hex().encode():
            return bytes.fromhex(text.decode())
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("It is neither binary nor base64 nor hex.") from error
    if not raw.startswith(MAGIC):
        raise Malformed("It does not begin as one.")
    return raw


def combine(parts: Sequence[PsbtMaps]) -> PsbtMaps:
    """What all of them say together (BIP174, Combiner). Raises BadInput: they do not agree."""
    first = parts[0]
    for part in parts[1:]:
        if part.unsigned_tx != first.unsigned_tx:
            raise BadInput(f"These PSBTs are about different transactions. {_NOTHING}")
    return PsbtMaps(
        _united(part.top for part in parts),
        tuple(_united(maps) for maps in zip(*(part.inputs for part in parts), strict=True)),
        tuple(_united(maps) for maps in zip(*(part.outputs for part in parts), strict=True)),
    )


def _united(maps: Iterable[Map]) -> Map:
    united: Map = {}
    for records in maps:
        for key, value in records.items():
            if united.setdefault(key, value) != value:
                raise BadInput(
                    f"The PSBTs say two different things in field {key[:1].hex()}. {_NOTHING}"
                )
    return united


def differences(left: PsbtMaps, right: PsbtMaps) -> tuple[str, ...]:
    """How the unsigned transactions of two PSBTs differ, a sentence each; () for the same one."""
    first_tx, second_tx = (Transaction.parse(part.unsigned_tx) for part in (left, right))
    rows: list[str] = []
    if first_tx.version != second_tx.version:
        rows.append(f"Version {first_tx.version}, and {second_tx.version}.")
    if first_tx.lock_time != second_tx.lock_time:
        rows.append(f"Lock time {first_tx.lock_time}, and {second_tx.lock_time}.")
    for name, lefts, rights in (
        ("Input", first_tx.inputs, second_tx.inputs),
        ("Output", first_tx.outputs, second_tx.outputs),
    ):
        if len(lefts) != len(rights):
            rows.append(f"{len(lefts)} {name.lower()}s, and {len(rights)}.")
        pairs = enumerate(zip(lefts, rights, strict=False), 1)
        rows += [f"{name} {number} differs." for number, (a, b) in pairs if a != b]
    return tuple(rows)


def encode_version_2(psbt: PsbtMaps) -> bytes:
    """The same PSBT as BIP370 writes it."""
    unsigned = Transaction.parse(psbt.unsigned_tx)
    top = {key: value for key, value in psbt.top.items() if key != UNSIGNED_TX}
    top |= {
        _VERSION: _number(2),
        _TX_VERSION: _number(unsigned.version),
        _FALLBACK_LOCK_TIME: _number(unsigned.lock_time),
        _INPUT_COUNT: compact_size(len(unsigned.inputs)),
        _OUTPUT_COUNT: compact_size(len(unsigned.outputs)),
    }
    inputs = tuple(
        {
            **records,
            _PREVIOUS_TXID: txin.outpoint.txid,
            _OUTPUT_INDEX: _number(txin.outpoint.index),
            _SEQUENCE: _number(txin.sequence),
        }
        for records, txin in zip(psbt.inputs, unsigned.inputs, strict=True)
    )
    outputs = tuple(
        {**records, _AMOUNT: txout.sats.to_bytes(8, "little"), _SCRIPT: txout.script_pubkey}
        for records, txout in zip(psbt.outputs, unsigned.outputs, strict=True)
    )
    return PsbtMaps(top, inputs, outputs).encode()


def _from_version_2(top: Map, cursor: Cursor) -> PsbtMaps:
    """Raises Malformed: a field that version 2 must have is missing, or bytes are left over."""
    if top.get(_VERSION) != _number(2):
        raise Malformed("There is neither an unsigned transaction nor version 2 in it.")
    count_in, count_out = (_count(top, field) for field in (_INPUT_COUNT, _OUTPUT_COUNT))
    inputs = [read_map(cursor) for _ in range(count_in)]
    outputs = [read_map(cursor) for _ in range(count_out)]
    cursor.end()
    transaction = Transaction(
        _uint(top, _TX_VERSION, 4),
        tuple(_txin(records) for records in inputs),
        tuple(TxOut(_uint(out, _AMOUNT, 8), _field(out, _SCRIPT)) for out in outputs),
        _lock_time(top, inputs),
    )
    unsigned = {UNSIGNED_TX: transaction.encode(witness=False)}
    return PsbtMaps(
        unsigned | _without(top, (*_GLOBALS_2, _VERSION)),
        tuple(_without(records, _INPUT_2) for records in inputs),
        tuple(_without(records, (_AMOUNT, _SCRIPT)) for records in outputs),
    )


def _txin(records: Map) -> TxIn:
    txid = _field(records, _PREVIOUS_TXID)
    if len(txid) != 32:
        raise Malformed("A transaction has a name of 32 bytes.")
    sequence = _uint(records, _SEQUENCE, 4) if _SEQUENCE in records else _FINAL
    return TxIn(Outpoint(txid, _uint(records, _OUTPUT_INDEX, 4)), b"", sequence)


def _lock_time(top: Map, inputs: Sequence[Map]) -> int:
    """BIP370, Determining Lock Time: a height where every input that asks for one allows it."""
    locked = [records for records in inputs if {_TIME_LOCK, _HEIGHT_LOCK} & records.keys()]
    for field in (_HEIGHT_LOCK, _TIME_LOCK):
        if locked and all(field in records for records in locked):
            return max(_uint(records, field, 4) for records in locked)
    if locked:
        raise Malformed("Its inputs ask for lock times that exclude each other.")
    return _uint(top, _FALLBACK_LOCK_TIME, 4) if _FALLBACK_LOCK_TIME in top else 0


def _without(records: Map, fields: Sequence[bytes]) -> Map:
    return {key: value for key, value in records.items() if key not in fields}


def _field(records: Map, field: bytes) -> bytes:
    if field not in records:
        raise Malformed(f"Field {field.hex()} is missing in it.")
    return records[field]


def _uint(records: Map, field: bytes, size: int) -> int:
    value = _field(records, field)
    if len(value) != size:
        raise Malformed(f"Field {field.hex()} has the wrong size.")
    return int.from_bytes(value, "little")


def _count(top: Map, field: bytes) -> int:
    cursor = Cursor(_field(top, field))
    count = cursor.compact()
    cursor.end()
    if count > _MOST_PARTS:
        raise Malformed("It has too many inputs or outputs.")
    return count


def _number(value: int) -> bytes:
    return value.to_bytes(4, "little")
