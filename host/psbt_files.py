"""PSBTs of version 0 or 2 (BIP174, BIP370) as people keep and paste them: binary, or as text."""

import json
import sys
from collections.abc import Iterable, Sequence

from host import files
from host.errors import BadInput
from host.payees.cleaning import unwrapped
from host.psbt import MAGIC, Map, PsbtMaps
from host.transactions import Transaction
from signer.errors import Malformed
from signer.formats.payload import payments, reader
from signer.formats.payload.values import Payload, Payment, RawTransaction

LONGEST_FILE = 8_000_000  # bytes; as text
STDIO = "-"
_UNCHANGED = "Nothing was changed."
_NO_FORM = "It is neither binary nor base64 nor hex."


def read_psbt(data: bytes) -> PsbtMaps:
    """The PSBT in a file or a paste. Raises BadInput: none, or a damaged one."""
    try:
        return PsbtMaps.parse(_binary(data))
    except Malformed as error:
        raise BadInput(f"This is not a whole PSBT: {error} {_UNCHANGED}") from error


def read_bytes(file: str) -> bytes:
    """What is in a file, or on stdin for "-": as much as is read of it. Raises BadInput."""
    try:
        if file == STDIO:
            return sys.stdin.buffer.read(LONGEST_FILE + 1)
        with files.open_file(file) as stream:
            return stream.read(LONGEST_FILE + 1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}. {_UNCHANGED}") from error


def read_text(file: str) -> str:
    """The same as text, in the encoding that its byte-order mark names. Raises BadInput."""
    try:
        return reader.text_of(read_bytes(file))
    except Malformed as error:
        raise BadInput(f"{file} is no text in UTF-8 or UTF-16. {_UNCHANGED}") from error


def binary_form(data: bytes) -> bytes:
    """The same PSBT, unread, as binary. Raises BadInput for what does not begin as one."""
    try:
        return _binary(data)
    except Malformed as error:
        raise BadInput(f"This is no PSBT: {error} {_UNCHANGED}") from error


def _binary(data: bytes) -> bytes:
    if len(data) > LONGEST_FILE:
        raise Malformed("It is too long.")
    if data.startswith(MAGIC):
        return data
    try:
        text = reader.text_of(data)
    except Malformed:
        raise Malformed(_NO_FORM) from None
    payload = _payload(text)
    if isinstance(payload, Payment):
        return payload.psbt
    if isinstance(payload, RawTransaction):
        raise Malformed("It is a transaction, without what a signer needs to know of its coins.")
    raise Malformed(_NO_FORM)


def _payload(text: str) -> Payload | None:
    """What a text holds that a program printed or a person copied, as a QR code could hold it."""
    if text.lstrip().startswith("{"):
        text = _of_json(text)
    text = unwrapped(text)
    return reader.read(text) if text[:3].lower() == "ur:" else payments.of_text(text)


def _of_json(text: str) -> str:
    """The answer of Bitcoin Core's walletcreatefundedpsbt and walletprocesspsbt has it so."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("It begins as JSON, and is none.") from error
    match answer:
        case {"psbt": str(psbt)}:
            return psbt
        case _:
            raise Malformed('It is JSON without a "psbt".')


def combine(parts: Sequence[PsbtMaps]) -> PsbtMaps:
    """What all of them say together (BIP174, Combiner). Raises BadInput: they do not agree."""
    first = parts[0]
    for part in parts[1:]:
        if part.unsigned_tx != first.unsigned_tx:
            raise BadInput(f"These PSBTs are about different transactions. {_UNCHANGED}")
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
                    f"The PSBTs say two different things in field {key[:1].hex()}. {_UNCHANGED}"
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
