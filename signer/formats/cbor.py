"""CBOR (RFC 8949), small and strict: complete, incomplete and broken are three different answers.

Only what our peers send: integers, bytes, text, lists, maps, booleans, null and tags. Floats and
other simple values are no values to us: refused, or read as `Unused` where the rules say so.
Nothing is allocated on the word of a length: every count is charged to a budget first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from signer.errors import Malformed

Value: TypeAlias = (
    "int | bytes | str | bool | list[Value] | dict[str | int, Value] | Tag | Unused | None"
)


@dataclass(frozen=True, slots=True)
class Tag:
    """A value with a tag number in front (RFC 8949, 3.4)."""

    number: int
    value: Value


@dataclass(frozen=True, slots=True)
class Unused:
    """A float, `undefined` or another simple value (RFC 8949, 3.3), whatever it was."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How much is read, and how narrowly.

    `canonical` also asks for the deterministic encoding (RFC 8949, 4.2.1): shortest integers, no
    indefinite lengths, map keys in bytewise order. `depth` counts values inside each other,
    `items` every value of the whole message, `length` the bytes of one string. With `unused`,
    what is not used here can be told apart: a peer that sends it must be answered, since silence
    would hold it for minutes (T99).
    """

    canonical: bool
    unused: bool = False
    depth: int = 16
    items: int = 1024
    length: int = 1 << 20


CANONICAL = Rules(canonical=True)
LENIENT = Rules(canonical=False)
ANSWERED = Rules(canonical=False, unused=True)


@dataclass(frozen=True, slots=True)
class Complete:
    """One whole value, and how many bytes of the buffer it took."""

    value: Value = field(repr=False)
    used: int


@dataclass(frozen=True, slots=True)
class Incomplete:
    """So far so good. It is no use to ask again with fewer than `at_least` bytes."""

    at_least: int


@dataclass(frozen=True, slots=True)
class Broken:
    """No further bytes can make this a value. `why` is a sentence and holds none of the bytes."""

    why: str


Decoded = Complete | Incomplete | Broken


def decode_prefix(buffer: bytes | bytearray, rules: Rules = CANONICAL) -> Decoded:
    """The value at the start of `buffer`. Raises nothing, whatever the bytes (RFC 8949)."""
    reader = _Reader(buffer, rules)
    try:
        value = reader.value(rules.depth)
    except _NeedMore as needed:
        return Incomplete(needed.at_least)
    except Malformed as error:
        return Broken(str(error))
    return Complete(value, reader.at)


def decode(data: bytes, rules: Rules = CANONICAL) -> Value:
    """The one value that `data` holds. Raises Malformed, also for missing or left-over bytes."""
    match decode_prefix(data, rules):
        case Complete(value, used) if used == len(data):
            return value
        case Complete():
            raise Malformed("There are bytes left over after the CBOR value.")
        case Incomplete():
            raise Malformed("The CBOR value ends too early.")
        case Broken(explanation):
            raise Malformed(explanation)


def encode(value: Value) -> bytes:
    """The deterministic encoding (RFC 8949, 4.2.1): shortest integers, keys in bytewise order.

    Raises OverflowError for an integer outside -2^64 .. 2^64-1, Malformed for an `Unused`.
    """
    match value:
        case bool() | None:
            return bytes([_SIMPLE_HEADS[value]])
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes() | str():
            major, raw = (2, value) if isinstance(value, bytes) else (3, value.encode())
            return _head(major, len(raw)) + raw
        case list():
            return _head(4, len(value)) + b"".join(encode(item) for item in value)
        case dict():
            pairs = sorted((encode(key), encode(item)) for key, item in value.items())
            return _head(5, len(pairs)) + b"".join(key + item for key, item in pairs)
        case Tag(number, inner):
            return _head(6, number) + encode(inner)
        case Unused():
            raise Malformed(_UNUSED)


_SIMPLE_HEADS = {False: 0xF4, True: 0xF5, None: 0xF6}
_SIMPLE: dict[int, Value] = {20: False, 21: True, 22: None}
_UNUSED = "Floats and other simple CBOR values are not used here."
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}  # bytes of a simple value or a float (RFC 8949, 3.3)
_INDEFINITE = 31
_BREAK = 0xFF


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    power = 0
    while number >> (8 << power) and power < 3:
        power += 1
    return bytes([major << 5 | 24 + power]) + number.to_bytes(1 << power, "big")


class _NeedMore(Exception):
    def __init__(self, at_least: int) -> None:
        self.at_least = at_least


class _Reader:
    """One pass over one buffer. The whole message shares one budget, so nesting gains nothing."""

    def __init__(self, buffer: bytes | bytearray, rules: Rules) -> None:
        self.at = 0
        self._buffer = buffer
        self._rules = rules
        self._items_left = rules.items

    def value(self, depth: int) -> Value:
        if depth == 0:
            raise Malformed("The CBOR value is nested too deeply.")
        self._charge(1)
        initial = self._next()
        return self._by_major_type[initial >> 5](self, initial & 31, depth)

    def _unsigned(self, info: int, _depth: int) -> int:
        return self._number(info)

    def _negative(self, info: int, _depth: int) -> int:
        return -1 - self._number(info)

    def _bytes(self, info: int, _depth: int) -> bytes:
        return self._string(2, info)

    def _text(self, info: int, _depth: int) -> str:
        try:
            return self._string(3, info).decode()
        except UnicodeDecodeError:
            raise Malformed("A CBOR text is not UTF-8.") from None

    def _string(self, major: int, info: int) -> bytes:
        if info != _INDEFINITE:
            return self._definite(info, self._rules.length)
        self._indefinite_allowed()
        pieces = bytearray()
        while not self._break():
            self._charge(1)
            initial = self._next()
            if initial >> 5 != major:
                raise Malformed("A CBOR string holds a piece of another kind.")
            pieces += self._definite(initial & 31, self._rules.length - len(pieces))
        return bytes(pieces)

    def _definite(self, info: int, limit: int) -> bytes:
        length = self._number(info)
        if length > limit:
            raise Malformed("A CBOR string is too long.")
        return self._take(length)

    def _list(self, info: int, depth: int) -> list[Value]:
        if info == _INDEFINITE:
            self._indefinite_allowed()
            items: list[Value] = []
            while not self._break():
                items.append(self.value(depth - 1))
            return items
        return [self.value(depth - 1) for _ in range(self._count(info, 1))]

    def _map(self, info: int, depth: int) -> dict[str | int, Value]:
        pairs: dict[str | int, Value] = {}
        last = b""
        if info == _INDEFINITE:
            self._indefinite_allowed()
            while not self._break():
                last = self._pair(pairs, last, depth)
        else:
            for _ in range(self._count(info, 2)):
                last = self._pair(pairs, last, depth)
        return pairs

    def _pair(self, pairs: dict[str | int, Value], last: bytes, depth: int) -> bytes:
        start = self.at
        key = self.value(depth - 1)
        raw = bytes(self._buffer[start : self.at])
        if isinstance(key, bool) or not isinstance(key, int | str):
            raise Malformed("A CBOR map has a key that is neither text nor integer.")
        # Two values under one name let the checker read one and the signer the other.
        if key in pairs:
            raise Malformed("A CBOR map has the same key twice.")
        if self._rules.canonical and raw < last:
            raise Malformed("The keys of a CBOR map are out of order.")
        pairs[key] = self.value(depth - 1)
        return raw

    def _tag(self, info: int, depth: int) -> Tag:
        return Tag(self._number(info), self.value(depth - 1))

    def _simple(self, info: int, _depth: int) -> Value:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if not self._rules.unused or info > max(_WIDTHS):
            raise Malformed(_UNUSED)
        self._take(_WIDTHS.get(info, 0))
        return Unused()

    _by_major_type: ClassVar[tuple[Callable[["_Reader", int, int], Value], ...]] = (
        _unsigned,
        _negative,
        _bytes,
        _text,
        _list,
        _map,
        _tag,
        _simple,
    )

    def _number(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise Malformed("A CBOR length is not a number.")
        size = 1 << (info - 24)
        number = int.from_bytes(self._take(size), "big")
        if self._rules.canonical and number < _SMALLEST[size]:
            raise Malformed("A CBOR number is not in its shortest form.")
        return number

    def _count(self, info: int, values_each: int) -> int:
        count = self._number(info)
        if count * values_each > self._items_left:
            raise Malformed("A CBOR container announces too many items.")
        return count

    def _charge(self, items: int) -> None:
        self._items_left -= items
        if self._items_left < 0:
            raise Malformed("The CBOR value has too many items.")

    def _indefinite_allowed(self) -> None:
        if self._rules.canonical:
            raise Malformed("A CBOR length is left open.")

    def _break(self) -> bool:
        if self._next() == _BREAK:
            return True
        self.at -= 1
        return False

    def _next(self) -> int:
        if self.at == len(self._buffer):
            raise _NeedMore(self.at + 1)
        self.at += 1
        return self._buffer[self.at - 1]

    def _take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self._buffer):
            raise _NeedMore(end)
        chunk = bytes(self._buffer[self.at : end])
        self.at = end
        return chunk


_SMALLEST = {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}
