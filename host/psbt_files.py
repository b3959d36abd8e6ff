"""PSBTs as people keep and paste them: binary, base64 or hex, version 0 or 2 (BIP174, BIP370)."""

import base64
import binascii
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from host.errors import BadInput
from host.psbt import MAGIC, Map, PsbtMaps
from host.transactions import Transaction
from signer.errors import Malformed

LONGEST_FILE = 8_000_000  # bytes; as text
STDIO = "-"
_NOTHING = "Nothing was changed."


def read_psbt(data: bytes) -> PsbtMaps:
    """The PSBT in a file or a paste. Raises BadInput: none, or a damaged one."""
    try:
        return PsbtMaps.parse(_binary(data))
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
