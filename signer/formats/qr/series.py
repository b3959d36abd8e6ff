"""What is shown as QR codes, cut to the size of code there is room for; each is drawn when due."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, TypeAlias

from signer.errors import Malformed
from signer.formats.qr import bbqr, ur
from signer.formats.qr.bbqr import CAPACITY, BbqrFile
from signer.formats.qr.fountain import MAX_NUMBER, Fountain
from signer.formats.qr.ur import Ur, UrPart

SMALLEST: Final = 4  # of the versions: in a smaller one nothing is left beside a part's own numbers
LARGEST: Final = 30  # above it cameras that people have read no screens that people have
_LAST_NUMBER: Final = 65_535  # of a part; then the series starts over, hours later
_LONGEST_FRAGMENT: Final = 2_500  # bytes; no code holds more
_HEADS: Final = ((1, 24), (2, 1 << 8), (3, 1 << 16), (5, 1 << 32))

Message: TypeAlias = Ur | BbqrFile | tuple[str, ...]  # the last are codes as they stand


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
    """The parts of a UR (BCR-2024-001), of which there is no end."""

    def __init__(self, payload: Ur, fragment: int) -> None:
        self._type = payload.type
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
        return _LAST_NUMBER

    def text(self, index: int) -> str:
        return ur.render(UrPart(self._type, self._fountain.part(index + 1)))


@lru_cache(maxsize=4)
def cut(message: Message, version: int) -> Series:
    """The codes of `message`, none above this QR version (SMALLEST to 40), or one where one does.

    A file of more codes than BBQr can number takes a larger version. Raises Malformed when no
    version holds it.
    """
    match message:
        case Ur():
            whole = ur.render(message)
            if len(whole) <= CAPACITY[version - 1]:
                return Texts((whole,), _version_for(len(whole)))
            return Parts(message, fragment_length(message, version))
        case BbqrFile():
            texts = _bbqr_texts(message, version)
            return Texts(texts, _version_for(max(map(len, texts))))
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


def _bbqr_texts(file: BbqrFile, version: int) -> tuple[str, ...]:
    for larger in range(version, len(CAPACITY)):
        try:
            return bbqr.split(file, larger)
        except Malformed:
            continue
    return bbqr.split(file, len(CAPACITY))


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
