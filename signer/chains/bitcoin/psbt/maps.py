"""One map of a PSBT: records (key, value), read fast and strictly, written as they came."""

from collections.abc import Mapping
from dataclasses import dataclass

from signer.errors import CommonReason, Malformed, Refused
from signer.formats.cursor import compact_at, compact_size

Record = tuple[bytes, bytes]  # (key: type and key data, value)


@dataclass(frozen=True, slots=True)
class Map:
    """One map of records. `fields` holds value by whole key, in the order of arrival."""

    fields: Mapping[bytes, bytes]

    @property
    def records(self) -> tuple[Record, ...]:
        """The records in the order they came."""
        return tuple(self.fields.items())

    def get(self, kind: int) -> bytes | None:
        """The value of a field that has no key data, or None."""
        return self.fields.get(_BYTES[kind])

    def records_of(self, kind: int) -> tuple[Record, ...]:
        """(key data, value) of every record of this type, in order."""
        return tuple((key[1:], value) for key, value in self.fields.items() if key[0] == kind)

    def has_any(self, *kinds: int) -> bool:
        return any(key[0] in kinds for key in self.fields)

    def encode(self) -> bytes:
        parts: list[bytes] = []
        for key, value in self.fields.items():
            for part in (key, value):
                size = len(part)
                parts += (_BYTES[size] if size < 0xFD else compact_size(size), part)
        return b"".join((*parts, b"\x00"))


_BYTES = tuple(bytes((number,)) for number in range(0xFD))  # from fd on a compact size takes more
EMPTY = Map({})  # one for all: ten thousand bare outputs cost a pointer each (T75)


def read_map(data: bytes, offset: int, room: int) -> tuple[Map, int]:
    """The map at `offset` of at most `room` records (0 or fewer: none), and the place behind it.

    Raises Malformed, and Refused for more records. The innermost loop of the parser: sizes of one
    byte, nearly all there are, are read in place.
    """
    fields: dict[bytes, bytes] = {}
    end = len(data)
    for count in range(room + 1):
        if offset >= end:
            raise _cut(data, 1, offset)
        size, offset = (
            (data[offset], offset + 1) if data[offset] < 0xFD else compact_at(data, offset)
        )
        if not size:
            # Of two records with one key, one reader takes the first and another the last (T15).
            if len(fields) != count:
                raise Malformed("A PSBT map holds the same key twice.")
            return (Map(fields) if fields else EMPTY), offset
        stop = offset + size
        if stop >= end:
            raise _cut(data, size + 1, offset)
        key = data[offset:stop]
        size, offset = (data[stop], stop + 1) if data[stop] < 0xFD else compact_at(data, stop)
        stop = offset + size
        if stop > end:
            raise _cut(data, size, offset)
        fields[key] = data[offset:stop]
        offset = stop
    raise Refused(CommonReason.TOO_LARGE)


def _cut(data: bytes, count: int, offset: int) -> Malformed:
    left = len(data) - offset
    return Malformed(f"It is cut off: {count} bytes expected at byte {offset}, {left} left.")
