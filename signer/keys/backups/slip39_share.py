"""One share of SLIP39: 20 to 59 words <-> its fields. What shares are for is in `slip39`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from signer.errors import Malformed
from signer.formats.bits import regroup
from signer.formats.words.slip39_words import WORDS
from signer.keys import curve
from signer.keys.scratch import Scratch
from signer.keys.seeds import lookup

_LEAST_WORDS, MOST_WORDS = 20, 59  # secrets of 16 and of 64 bytes
_HEADER_WORDS, _CHECKSUM_WORDS = 4, 3
_HOLDS = 1  # what RS1024 leaves of words that are right


@dataclass(frozen=True, slots=True)
class Setting:
    """What all shares of one secret have in common, and the cipher needs (SLIP39, Format)."""

    identifier: int
    extendable: bool
    exponent: int
    group_threshold: int
    group_count: int


@dataclass(frozen=True, slots=True, eq=False)
class Slip39Share:
    """One share, its numbers counted from 0. `value` (16 to 64 bytes) is secret: `erase` it."""

    setting: Setting
    group: int
    member: int
    member_threshold: int
    value: bytearray = field(repr=False)

    def words(self) -> tuple[str, ...]:
        """The share as people write it."""
        return tuple(WORDS[place] for place in self.places())

    def places(self) -> tuple[int, ...]:
        """The place of each word on the list."""
        padding = bytes(-len(self.value) * 4 % 5)
        value = regroup(chain(padding, regroup(self.value, 8, 2)), 2, 10)
        data = [*self._header(), *value]
        extendable = self.setting.extendable
        residue = _rs1024([*data, *bytes(_CHECKSUM_WORDS)], extendable=extendable) ^ _HOLDS
        checksum = (residue >> 20, residue >> 10 & 1023, residue & 1023)
        return (*data, *checksum)

    def erase(self) -> None:
        curve.erase(self.value)

    def _header(self) -> tuple[int, int, int, int]:
        setting = self.setting
        first = setting.identifier << 5 | setting.extendable << 4 | setting.exponent
        second = (
            self.group << 16 | (setting.group_threshold - 1) << 12 | (setting.group_count - 1) << 8
        )
        second |= self.member << 4 | self.member_threshold - 1
        return first >> 10, first & 1023, second >> 10, second & 1023


def parse(words: Sequence[str]) -> Slip39Share:
    """A share from its words. Raises Malformed: count, a word (named by its place), checksum."""
    _check_count(len(words))
    return from_places(lookup.places(words, _table()))


def from_places(places: Sequence[int]) -> Slip39Share:
    """`parse` for words given by their places on the list."""
    _check_count(len(places))
    first, second = places[0] << 10 | places[1], places[2] << 10 | places[3]
    setting = Setting(
        identifier=first >> 5,
        extendable=bool(first >> 4 & 1),
        exponent=first & 15,
        group_threshold=(second >> 12 & 15) + 1,
        group_count=(second >> 8 & 15) + 1,
    )
    if _rs1024(places, extendable=setting.extendable) != _HOLDS:
        raise Malformed("The checksum does not fit: a word is wrong, or two are swapped.")
    if setting.group_threshold > setting.group_count:
        raise Malformed("The share wants more groups than there are.")
    value = _value(places[_HEADER_WORDS:-_CHECKSUM_WORDS])
    return Slip39Share(setting, second >> 16, second >> 4 & 15, (second & 15) + 1, value)


def _check_count(count: int) -> None:
    if not _LEAST_WORDS <= count <= MOST_WORDS:
        raise Malformed(f"A share has {_LEAST_WORDS} to {MOST_WORDS} words, not {count}.")


def place_of(word: str, number: int) -> int:
    """The place of one word on the list. Raises Malformed, naming its number in the share."""
    try:
        return lookup.places((word,), _table())[0]
    except Malformed:
        raise Malformed(f"Word {number} is not on the list of SLIP39.") from None


def _value(places: Sequence[int]) -> bytearray:
    """The value: a multiple of 16 bits, behind as few zero bits as fill its words."""
    pairs = tuple(regroup(places, 10, 2))
    padding = len(pairs) % 8
    if padding > 4 or any(pairs[:padding]):
        raise Malformed("The share is padded in a way that no share is.")
    with Scratch() as scratch:
        value = scratch.buffer(len(pairs) // 8 * 2)
        for index, byte in enumerate(regroup(pairs[padding:], 2, 8)):
            value[index] = byte
        return scratch.released(value)


@lru_cache(maxsize=1)
def _table() -> tuple[bytes, ...]:
    return lookup.padded(WORDS)


# SLIP39, Checksum: a Reed-Solomon code over GF(1024).
_GENERATOR = (
    0x00E0E040,
    0x01C1C080,
    0x03838100,
    0x07070200,
    0x0E0E0009,
    0x1C0C2412,
    0x38086C24,
    0x3090FC48,
    0x21B1F890,
    0x03F3F120,
)


def _rs1024(places: Iterable[int], *, extendable: bool) -> int:
    left = 1
    for place in chain(b"shamir_extendable" if extendable else b"shamir", places):
        top = left >> 20
        left = (left & 0xFFFFF) << 10 ^ place
        for bit, term in enumerate(_GENERATOR):
            left ^= term * (top >> bit & 1)
    return left
