"""What is shown as QR codes, cut to the size of code there is room for; each is drawn when due."""

from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, Protocol, TypeAlias, TypeVar

from signer.errors import Malformed
from signer.formats.qr import bbqr, numbered, ur
from signer.formats.qr.bbqr import CAPACITY, BbqrFile
from signer.formats.qr.fountain import CHOICES, MAX_NUMBER, Fountain
from signer.formats.qr.numbered import Numbered
from signer.formats.qr.ur import Ur, UrPart

SMALLEST: Final = 4  # of the versions: in a smaller one nothing is left beside a part's own numbers
LARGEST: Final = 30  # above it cameras that people have read no screens that people have
_LAST_NUMBER: Final = 65_535  # of a part; then the series starts over, long after anybody is done
_LONGEST_FRAGMENT: Final = 2_500  # bytes; no code holds more
_HEADS: Final = ((1, 24), (2, 1 << 8), (3, 1 << 16), (5, 1 << 32))

_NUMBERS: Final = len("p9999of9999 ")  # in front of a part's own letters
_UR1_NUMBERS: Final = len("UR:/9999OF9999//") + 58

Cut = TypeVar("Cut")

# The last are codes as they stand.
Message: TypeAlias = Ur | BbqrFile | Numbered | tuple[str, ...]


class Series(Protocol):
    """The texts of one message's codes, all of one QR `version` (None: of the smallest for all).

    `count` is how many a reader must see at least; `length` how many differ from each other.
    """

    @property
    def version(self) -> int | None: ...

    @property
    def count(self) -> int: ...

    @property
    def length(self) -> int: ...

    def text(self, index: int, /) -> str:
        """Code number `index`, from 0 to `length` - 1."""
        ...


@dataclass(frozen=True, slots=True)
class Texts:
    """Codes that stand as they are, shown round and round."""

    texts: tuple[str, ...]
    version: int | None = None

    @property
    def count(self) -> int:
        return len(self.texts)

    @property
    def length(self) -> int:
        return len(self.texts)

    def text(self, index: int) -> str:
        return self.texts[index]


class Parts:
    """The parts of a UR (BCR-2024-001), of which there is no end.

    `is_solved`: for readers that solve for the fragments, and need fewer codes so.
    """

    def __init__(self, payload: Ur, fragment: int, *, is_solved: bool = False) -> None:
        self._type = payload.type
        self._is_solved = is_solved
        self._fountain = Fountain(payload.cbor, fragment)
        # The largest numbers that come make the longest text: no code is above its version.
        self.version: int | None = _version_for(
            _part_length(payload, self._fountain.count, fragment)
        )

    @property
    def count(self) -> int:
        return self._fountain.count

    @property
    def length(self) -> int:
        mixed = _LAST_NUMBER - self.count
        return self.count + (mixed // CHOICES if self._is_solved else mixed)

    def text(self, index: int) -> str:
        later = index - self.count
        is_mixed = self._is_solved and later >= 0
        part = self._fountain.dense(later) if is_mixed else self._fountain.part(index + 1)
        return ur.render(UrPart(self._type, part))


class BbqrParts:
    """The codes of a BBQr file, round and round."""

    def __init__(self, layout: bbqr.Layout) -> None:
        self._layout = layout
        self.version: int | None = _version_for(layout.letters)

    @property
    def count(self) -> int:
        return self._layout.count

    @property
    def length(self) -> int:
        return self._layout.count

    def text(self, index: int) -> str:
        return self._layout.text(index)


@lru_cache(maxsize=4)
def cut(message: Message, version: int, *, is_solved: bool = False) -> Series:
    """The codes of `message`, none above this QR version (SMALLEST to 40), or one where one does.

    `is_solved`: the reader of a UR solves for its fragments, as ours does and most do not.
    A file of more codes than BBQr can number takes a larger version. Raises Malformed when no
    version holds it.
    """
    match message:
        case Ur():
            whole = ur.render(message)
            if len(whole) <= CAPACITY[version - 1]:
                return Texts((whole,), _version_for(len(whole)))
            return Parts(message, fragment_length(message, version), is_solved=is_solved)
        case BbqrFile():
            return BbqrParts(_smallest(partial(bbqr.layout, message), version))
        case Numbered():
            return _numbered(_smallest(partial(_numbered_texts, message), version))
        case _:
            return Texts(message)


def fragment_length(payload: Ur, version: int) -> int:
    """Bytes of a part of `payload` that a code of this version (SMALLEST to 40) holds."""
    needed, length = 1, 0
    count = 0
    while count < needed:  # more parts have longer numbers, which leave less for each
        count = needed
        length = max(1, (CAPACITY[version - 1] - _part_length(payload, count, 0)) // 2)
        needed = -(-len(payload.cbor) // length)
    return length


def letters_in(version: int) -> int:
    """Letters of any kind that a code of this version holds: each takes 8 bits, a capital 5.5."""
    return (CAPACITY[version - 1] * 11 // 2 - 8) // 8


def _smallest(cut_at: Callable[[int], Cut], version: int) -> Cut:
    """As it is cut for this version, or for the first above it in which its codes have numbers."""
    for larger in range(version, len(CAPACITY)):
        with suppress(Malformed):
            return cut_at(larger)
    return cut_at(len(CAPACITY))


def _numbered(texts: tuple[str, ...]) -> Texts:
    longest = max(map(len, texts))
    if all(text.isupper() for text in texts):
        return Texts(texts, _version_for(longest))
    versions = range(1, len(CAPACITY) + 1)
    return Texts(texts, next(version for version in versions if letters_in(version) >= longest))


def _numbered_texts(message: Numbered, version: int) -> tuple[str, ...]:
    if not message.kind:
        return numbered.split(message.text, letters_in(version) - _NUMBERS)
    room = CAPACITY[version - 1] - _UR1_NUMBERS - len(message.kind)
    return numbered.split_cbor(message, max(1, room))


def _version_for(letters: int) -> int:
    """The smallest version that holds so many letters of alphanumeric text."""
    return bisect_left(CAPACITY, letters) + 1


def _part_length(payload: Ur, count: int, fragment: int) -> int:
    """Letters of the longest part: its numbers in front, and in CBOR behind, with two checksums."""
    numbers = (_LAST_NUMBER, count, len(payload.cbor), MAX_NUMBER, _LONGEST_FRAGMENT)
    cbor_length = 1 + sum(map(_head_length, numbers)) + fragment
    return len(f"ur:{payload.type}/{_LAST_NUMBER}-{count}/") + 2 * (cbor_length + 4)


def _head_length(number: int) -> int:
    """Bytes of a number in CBOR (RFC 8949, 3)."""
    return next(size for size, end in _HEADS if number < end)
