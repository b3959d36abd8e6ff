"""Seeds from dice or coins alone, which a person can recompute, and what looks odd about a row.

Rolls and flips come as ASCII digits in a buffer: `1` to `6`, `0` and `1`.
"""

import hashlib
from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

from signer.errors import CommonReason, Malformed, Refused
from signer.keys.scratch import Scratch

# Rolls per words: bits of entropy over log2(6), rounded up; 99 rolls, by custom, are 255.9 bits.
ROLLS_NEEDED = {12: 50, 15: 62, 18: 75, 21: 87, 24: 99}
FLIPS_NEEDED = {words: 32 * words // 3 for words in ROLLS_NEEDED}
_MOST_ROLLS = 1000
_FEWEST_TO_JUDGE = 30


class Oddity(Enum):
    """Something that chance does less than once in a thousand rows. A warning, not a proof."""

    UNEVEN = "Some sides came up far more often than others."
    STEPPING = "Most results follow from the one before in the same way."
    REPEATING = "The same row of results comes again and again."
    LONG_RUN = "One result came up many times without a break."


def entropy_from_dice(rolls: bytes | bytearray, words: int = 24) -> bytearray:
    """The entropy (16 to 32 bytes) for that many words from at least ROLLS_NEEDED rolls.

    SHA256 of the digits as they are, cut to length: `echo -n 1635... | sha256sum` shows the same
    (in full for 24 words, the first 32 hex digits for 12). Raises Malformed for what is no row of
    rolls, Refused(TOO_FEW_ROLLS).
    """
    needed = _needed(ROLLS_NEEDED, words)
    _values(rolls, b"123456")
    if len(rolls) < needed:
        raise Refused(CommonReason.TOO_FEW_ROLLS, f"{words} words take {needed} rolls.")
    with Scratch() as scratch:
        digest = scratch.taken(hashlib.sha256(rolls).digest())
        return scratch.released(scratch.copy(memoryview(digest)[: words * 4 // 3]))


def entropy_from_coins(flips: bytes | bytearray, words: int = 24) -> bytearray:
    """The entropy (16 to 32 bytes) for that many words: the flips are its bits, first to last.

    Exactly FLIPS_NEEDED of them. Raises Malformed for what is no such row, Refused(TOO_FEW_ROLLS).
    """
    needed = _needed(FLIPS_NEEDED, words)
    bits = _values(flips, b"01")
    if len(bits) < needed:
        raise Refused(CommonReason.TOO_FEW_ROLLS, f"{words} words take {needed} flips.")
    if len(bits) > needed:
        raise Malformed(f"{words} words are exactly {needed} flips: each is one bit.")
    entropy = bytearray(needed // 8)
    for place, bit in enumerate(bits):
        entropy[place // 8] |= bit << (7 - place % 8)
    return entropy


def oddities_of_dice(rolls: bytes | bytearray) -> tuple[Oddity, ...]:
    """What is odd about a row of rolls (T62). Raises Malformed for what is no row of rolls."""
    # 8 of the same: 99 * (1/6)**7 is once in 2,800 rows.
    return _oddities(_values(rolls, b"123456"), sides=6, uneven=20.515, longest=7)


def oddities_of_coins(flips: bytes | bytearray) -> tuple[Oddity, ...]:
    """What is odd about a row of flips (T62). Raises Malformed for what is no row of flips."""
    # 20 of the same: 256 * (1/2)**19 is once in 2,000 rows.
    return _oddities(_values(flips, b"01"), sides=2, uneven=10.828, longest=19)


def _needed(table: dict[int, int], words: int) -> int:
    if words not in table:
        raise Malformed(f"A seed has 12, 15, 18, 21 or 24 words, not {words}.")
    return table[words]


def _values(row: bytes | bytearray, digits: bytes) -> list[int]:
    if len(row) > _MOST_ROLLS:
        raise Malformed(f"At most {_MOST_ROLLS} results make one seed.")
    if any(digit not in digits for digit in row):
        raise Malformed(f"Results are written {chr(digits[0])} to {chr(digits[-1])}.")
    return [digit - digits[0] for digit in row]


def _oddities(row: Sequence[int], *, sides: int, uneven: float, longest: int) -> tuple[Oddity, ...]:
    """The checks, each with a limit that an honest row crosses about once in a thousand.

    UNEVEN: Pearson's chi-square, the sum over the sides of (seen - expected)**2 / expected. With n
    results it is sides * sum(seen**2) / n - n. The limits are where its distribution leaves a
    thousandth: with 1 degree of freedom (coins) P(X > x) = erfc(sqrt(x / 2)), which is 0.001 at
    10.828; with 5 (dice) erfc(sqrt(x / 2)) + sqrt(2 x / pi) * exp(-x / 2) * (1 + x / 3), 0.001 at
    20.515. That holds from 5 expected results a side on, so fewer than 30 are not judged.
    STEPPING, REPEATING: of n places, those that hold what is foreseen are n / sides, give or take
    a deviation of sqrt(n * (sides - 1)) / sides. Some 4.5 deviations (the root of 20) too many are
    odd: in a short row the three dozen questions asked would find four by chance too often.
    """
    if len(row) < _FEWEST_TO_JUDGE:
        return ()
    oddities = (
        (Oddity.UNEVEN, _chi_square(row, sides) > uneven),
        (Oddity.STEPPING, any(_foreseen(row, 1, step, sides) for step in range(sides))),
        (Oddity.REPEATING, any(_foreseen(row, back, 0, sides) for back in range(2, 13))),
        (Oddity.LONG_RUN, _longest_run(row) > longest),
    )
    return tuple(oddity for oddity, odd in oddities if odd)


def _chi_square(row: Sequence[int], sides: int) -> float:
    return sides * sum(row.count(side) ** 2 for side in range(sides)) / len(row) - len(row)


def _foreseen(row: Sequence[int], back: int, step: int, sides: int) -> bool:
    """Whether far too many results are the one `back` places before, plus `step`."""
    pairs = zip(row, row[back:], strict=False)
    hits = sum((roll + step) % sides == following for roll, following in pairs)
    places = len(row) - back
    surplus = sides * hits - places
    return surplus > 0 and surplus**2 > 20 * places * (sides - 1)


def _longest_run(row: Sequence[int]) -> int:
    longest = length = 1
    for roll, following in pairwise(row):
        length = length + 1 if roll == following else 1
        longest = max(longest, length)
    return longest
