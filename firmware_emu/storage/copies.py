"""One record, kept twice: each copy is numbered and has its checksum. No file is opened here.

A record of before there were two copies has no frame. It is read as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from signer.hashes import tagged_hash

_MAGIC = b"quietkey flash 1"
_NUMBER = 8
_CHECK = 8
_MOST = 1 << 62  # no device saves as often; a number above it is a damaged one
OVERHEAD = len(_MAGIC) + _NUMBER + _CHECK  # bytes around a record


@dataclass(frozen=True, slots=True)
class FlashCopy:
    """A record and its number: each save counts one up."""

    number: int
    record: bytes = field(repr=False)

    def encode(self) -> bytes:
        body = _MAGIC + self.number.to_bytes(_NUMBER, "little") + self.record
        return body + _checksum(body)


def decode(data: bytes | None) -> FlashCopy | None:
    """The copy in these bytes, or None for bytes that are no undamaged copy."""
    if data is None or len(data) < OVERHEAD or not data.startswith(_MAGIC):
        return None
    body, head = data[:-_CHECK], len(_MAGIC) + _NUMBER
    number = int.from_bytes(data[len(_MAGIC) : head], "little")
    if data[-_CHECK:] != _checksum(body) or number > _MOST:
        return None
    return FlashCopy(number, body[head:])


def newest(files: Sequence[bytes | None]) -> int:
    """Which of these files (None: there is none) holds the record that counts.

    Without any undamaged copy it is the first file that there is: an old record, or one to be left
    as it is.
    """
    copies = [decode(data) for data in files]
    if any(copies):
        return max(range(len(files)), key=lambda place: _number(copies[place]))
    return next((place for place, data in enumerate(files) if data is not None), len(files) - 1)


def is_damaged(data: bytes | None) -> bool:
    """Whether these bytes were a copy once: neither a whole one nor a record without a frame."""
    return data is not None and decode(data) is None and not data.startswith(b"quietkey vault ")


def _number(copy: FlashCopy | None) -> int:
    return -1 if copy is None else copy.number


def _checksum(body: bytes) -> bytes:
    """Against decay, not against people: who writes files can write two that fit."""
    return tagged_hash("quietkey/flash copy", body)[:_CHECK]
