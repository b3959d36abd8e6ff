"""A strict reader of binary data, and Bitcoin's compact size. Lengths are checked before use."""

from collections.abc import Iterable

from signer.errors import Malformed

# Bitcoin Core (serialize.h) refuses larger sizes; so do we, before anything is allocated.
MAX_COMPACT_SIZE = 0x02000000


def compact_size(value: int) -> bytes:
    """`value` (0 .. 2**64 - 1) as Bitcoin's variable-length integer, 1, 3, 5 or 9 bytes.

    Raises Malformed for what has no such form.
    """
    if 0 <= value < 0xFD:
        return bytes((value,))
    for marker, width in _WIDE:
        if 0 <= value < 1 << (8 * width):
            return bytes((marker,)) + value.to_bytes(width, "little")
    raise Malformed("A compact size is 0 or more, and at most 64 bits wide.")


def blob(data: bytes) -> bytes:
    """The bytes behind their length, as Bitcoin writes what can be of any length."""
    return compact_size(len(data)) + data


def blobs(parts: Iterable[bytes]) -> bytes:
    """Several of them end to end: they can be taken apart in one way only."""
    return b"".join([compact_size(len(part)) + part for part in parts])


_WIDE = ((0xFD, 2), (0xFE, 4), (0xFF, 8))
_WIDTHS = dict(_WIDE)
# The smallest value a wider form may hold: a shorter form exists below it.
_LEAST = {2: 0xFD, 4: 1 << 16, 8: 1 << 32}


def compact_at(data: bytes, offset: int) -> tuple[int, int]:
    """The compact size at `offset`, and the place behind it: `Cursor.compact` for inner loops."""
    if offset < len(data) and data[offset] < 0xFD:
        return data[offset], offset + 1
    cursor = Cursor(data, offset)
    return cursor.compact(), cursor.position


class Cursor:
    """Reads `data` from `at` to its end. Raises Malformed, naming the place, never IndexError."""

    __slots__ = ("_data", "_end", "_offset")

    def __init__(self, data: bytes, offset: int = 0) -> None:
        self._data = data
        self._offset = offset
        self._end = len(data)

    @property
    def position(self) -> int:
        return self._offset

    @property
    def remaining(self) -> int:
        return self._end - self._offset

    def take(self, count: int) -> bytes:
        """The next `count` bytes. Raises Malformed if there are not so many."""
        start, stop = self._offset, self._offset + count
        if count < 0 or stop > self._end:
            left = max(0, self._end - start)
            raise Malformed(f"{count} bytes expected at byte {start}, {left} left.")
        self._offset = stop
        return self._data[start:stop]

    def uint(self, count: int) -> int:
        """The next `count` bytes as an unsigned little-endian number."""
        return int.from_bytes(self.take(count), "little")

    def compact(self) -> int:
        """A compact size in its shortest form, at most MAX_COMPACT_SIZE.

        A longer form of the same number would let two different byte strings mean one thing, so
        that two parsers could disagree about where the next field starts. Raises Malformed.
        """
        start = self._offset
        first = self.take(1)[0]
        if first < 0xFD:
            return first
        width = _WIDTHS[first]
        value = self.uint(width)
        if value < _LEAST[width]:
            raise Malformed(f"The compact size at byte {start} is not in its shortest form.")
        if value > MAX_COMPACT_SIZE:
            raise Malformed(f"The compact size at byte {start} is over {MAX_COMPACT_SIZE}.")
        return value

    def blob(self) -> bytes:
        """A compact size, and that many bytes."""
        return self.take(self.compact())

    def count(self, item_bytes: int) -> int:
        """The compact size of a list whose items take `item_bytes` or more, all of which must fit.

        A few bytes must not make us reserve room for millions of items (T75). Raises Malformed.
        """
        start = self._offset
        items = self.compact()
        if items * item_bytes > self.remaining:
            raise Malformed(f"{items} items counted at byte {start} do not fit what follows.")
        return items

    def end(self) -> None:
        """Nothing may be left. Raises Malformed."""
        if self._offset != self._end:
            raise Malformed(f"{self._end - self._offset} bytes left over at byte {self._offset}.")
