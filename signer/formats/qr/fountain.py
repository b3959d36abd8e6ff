"""The fountain code of multipart URs (BCR-2024-001): a message as an endless series of parts.

Parts 1..n are the fragments themselves; each later part is some fragments xored together. Which
ones follows from its number and the message checksum alone, bit for bit as the reference does it.
"""

from binascii import crc32
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import nextafter
from struct import unpack
from typing import Final, TypeVar

from signer.errors import Malformed
from signer.hashes import sha256

Item = TypeVar("Item")

MAX_NUMBER: Final = (1 << 32) - 1  # part numbers and checksums travel as 32 bits
_WORD: Final = (1 << 64) - 1
_UNDER_ONE: Final = nextafter(1.0, 0.0)
CHOICES: Final = 6  # parts of which one is shown; with more, no transfer is shorter


@dataclass(frozen=True, slots=True)
class FountainPart:
    """One part of a message of `message_length` bytes, cut into `count` fragments.

    `number` starts at 1 and may pass `count`; `checksum` is the CRC-32 of the whole message.
    Raises Malformed when the numbers contradict each other: a part that lies about its message
    must not cost memory (threat T75).
    """

    number: int
    count: int
    message_length: int
    checksum: int
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not (0 < self.number <= MAX_NUMBER and 0 <= self.checksum <= MAX_NUMBER):
            raise Malformed("The number or the checksum of a part is out of bounds.")
        length = len(self.data)
        spare = length * self.count - self.message_length
        if not (0 < self.count <= self.message_length and 0 <= spare <= length):
            raise Malformed("The sizes of a part and of its message do not fit together.")


def fragments(message: bytes, max_length: int) -> tuple[bytes, ...]:
    """`message` in as few equal pieces of at most `max_length` bytes as it takes, zero padded."""
    count = -(-len(message) // max_length)
    length = -(-len(message) // count)
    padded = message.ljust(length * count, b"\0")
    return tuple(padded[i : i + length] for i in range(0, len(padded), length))


class Fountain:
    """Every part of `message`, of at most `max_length` bytes each: drawn when it is asked for."""

    def __init__(self, message: bytes, max_length: int) -> None:
        pieces = fragments(message, max_length)
        self._pieces = tuple(int.from_bytes(piece, "big") for piece in pieces)
        self._length = len(pieces[0])
        self._message_length = len(message)
        self._checksum = crc32(message)

    @property
    def count(self) -> int:
        """How many fragments there are."""
        return len(self._pieces)

    def dense(self, later: int) -> FountainPart:
        """The part that is shown as number `later`, from 0, behind the pure ones to who solves."""
        return self.part(dense_number(later, self.count, self._checksum))

    def part(self, number: int) -> FountainPart:
        """Part `number`, from 1 to MAX_NUMBER."""
        mixed = 0
        for index in chosen(number, self.count, self._checksum):
            mixed ^= self._pieces[index]
        data = mixed.to_bytes(self._length, "big")
        return FountainPart(number, self.count, self._message_length, self._checksum, data)


def parts(message: bytes, max_length: int) -> Iterator[FountainPart]:
    """Every part of `message` in order, without end."""
    return map(Fountain(message, max_length).part, range(1, MAX_NUMBER + 1))


def chosen(number: int, count: int, checksum: int) -> Sequence[int]:
    """Which of the `count` fragments part `number` holds, xored together."""
    if number <= count:
        return (number - 1,)
    rng = _generator(number, checksum)
    return shuffled(range(count), degree(rng, count), rng)


def _generator(number: int, checksum: int) -> "Xoshiro":
    return Xoshiro(number.to_bytes(4, "big") + checksum.to_bytes(4, "big"))


class FountainDecoder:
    """Collects the parts of one message, in any order and with any of them missing.

    It solves for the fragments by elimination over GF(2), so every part that says something new
    brings it one step on: a late start needs a quarter to a half fewer parts than peeling does.
    """

    def __init__(self, first: FountainPart) -> None:
        self._kind = _kind(first)
        self._count = first.count
        # Own fragment -> (others mixed with it, their xor). No row has the own fragment of another,
        # so when all are known each is bare: the last part costs no more than any (threat T75).
        self._rows: dict[int, tuple[int, int]] = {}
        self._own = 0

    @property
    def known(self) -> int:
        """How many of the `count` independent facts have been seen."""
        return len(self._rows)

    @property
    def count(self) -> int:
        return self._count

    @property
    def kind(self) -> tuple[int, int, int, int]:
        """What all parts of this message say alike."""
        return self._kind

    @property
    def solved(self) -> tuple[bool, ...]:
        """For each fragment, whether it is known by itself."""
        rows = self._rows
        return tuple(index in rows and rows[index][0] == 1 << index for index in range(self._count))

    def fits(self, part: FountainPart) -> bool:
        """Whether `part` says it belongs to this message."""
        return _kind(part) == self._kind

    def add(self, part: FountainPart) -> bool:
        """Take in a part that fits. False when it said nothing new."""
        mask = sum(1 << i for i in chosen(part.number, part.count, part.checksum))
        mixed = int.from_bytes(part.data, "big")
        for index in _bits(mask & self._own):
            row_mask, row_mixed = self._rows[index]
            mask ^= row_mask
            mixed ^= row_mixed
        if not mask:
            return False
        own = mask.bit_length() - 1
        for index, (row_mask, row_mixed) in self._rows.items():
            if row_mask >> own & 1:
                self._rows[index] = (row_mask ^ mask, row_mixed ^ mixed)
        self._rows[own] = (mask, mixed)
        self._own |= 1 << own
        return True

    def message(self) -> bytes | None:
        """The whole message, or None while parts are missing.

        Raises Malformed when the parts together are not what their checksum promised.
        """
        if self.known < self._count:
            return None
        _count, message_length, checksum, length = self._kind
        pieces = (self._rows[index][1] for index in range(self._count))
        message = b"".join(piece.to_bytes(length, "big") for piece in pieces)
        message = message[:message_length]
        if crc32(message) != checksum:
            raise Malformed("The parts do not belong to one message.")
        return message


def _bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while mask:
        top = mask.bit_length() - 1
        yield top
        mask ^= 1 << top


def _kind(part: FountainPart) -> tuple[int, int, int, int]:
    return part.count, part.message_length, part.checksum, len(part.data)


class Xoshiro:
    """xoshiro256** seeded by SHA-256 as BCR-2024-001 does it: public numbers, nothing secret."""

    def __init__(self, seed: bytes) -> None:
        self._state: tuple[int, int, int, int] = unpack(">4Q", sha256(seed))

    def next(self) -> int:
        """The next 64 bits."""
        a, b, c, d = self._state
        c, d = c ^ a, d ^ b
        self._state = (a ^ d, b ^ c, c ^ (b << 17 & _WORD), (d << 45 | d >> 19) & _WORD)
        scrambled = b * 5 & _WORD
        return (scrambled << 7 | scrambled >> 57) * 9 & _WORD

    def fraction(self) -> float:
        """From 0 to just under 1."""
        # Of the last thousand numbers a float makes 1, and `below` a place behind the last one:
        # whoever looks for a part that draws such a number must not find a way to stop us.
        return min(self.next() / (1 << 64), _UNDER_ONE)

    def below(self, bound: int) -> int:
        """From 0 to `bound` - 1."""
        return int(self.fraction() * bound)


def dense_number(later: int, count: int, checksum: int) -> int:
    """The number of part `later` (from 0) after the pure ones, of those that mix about half.

    Part numbers are the sender's to choose. A reader that solves learns something of nearly every
    such part, even at its last missing fragment; one that only peels would learn nothing of most.
    """
    first = count + 1 + later * CHOICES

    def distance(number: int) -> int:
        return abs(2 * degree(_generator(number, checksum), count) - count)

    return min(range(first, first + CHOICES), key=distance)


def degree(rng: Xoshiro, count: int) -> int:
    """How many fragments to mix: d is taken with a probability that goes with 1/d."""
    return sampled(_degree_table(count), rng) + 1


def shuffled(items: Sequence[Item], take: int, rng: Xoshiro) -> list[Item]:
    """The first `take` of `items` in random order; the rest of the shuffle would change nothing."""
    left = list(items)
    return [left.pop(rng.below(len(left))) for _ in range(take)]


AliasTable = tuple[tuple[float, ...], tuple[int, ...]]


def alias_table(weights: Sequence[float]) -> AliasTable:
    """Vose's alias method. The order of the two work lists is the reference's and must stay."""
    total = sum(weights)
    count = len(weights)
    scaled = [weight * count / total for weight in weights]
    small = [i for i in reversed(range(count)) if scaled[i] < 1]
    large = [i for i in reversed(range(count)) if scaled[i] >= 1]
    chances = [0.0] * count
    aliases = [0] * count
    while small and large:
        low, high = small.pop(), large.pop()
        chances[low], aliases[low] = scaled[low], high
        scaled[high] += scaled[low] - 1
        (small if scaled[high] < 1 else large).append(high)
    for index in large + small:
        chances[index] = 1.0
    return tuple(chances), tuple(aliases)


def sampled(table: AliasTable, rng: Xoshiro) -> int:
    """An index of the table's weights, drawn with its weight."""
    chances, aliases = table
    first, second = rng.fraction(), rng.fraction()
    index = int(len(chances) * first)
    return index if second < chances[index] else aliases[index]


@lru_cache(maxsize=8)
def _degree_table(count: int) -> AliasTable:
    return alias_table([1 / d for d in range(1, count + 1)])
