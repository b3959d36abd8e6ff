"""T62: loaded dice, invented rolls and too few of them make seeds that others can guess.

Too few are refused. The rest cannot be proven, so it is told to the person as a warning, and must
not cry wolf at honest rows.
"""

import hashlib
import math
from collections.abc import Callable, Iterator

import pytest

from signer.errors import Refused
from signer.keys import dice
from signer.keys.dice import Oddity


def chance(seed: int, sides: int) -> Iterator[int]:
    """Honest throws, the same in each run of the test."""
    for byte in hashlib.shake_256(seed.to_bytes(4, "big")).digest(2000):
        if byte < 252:
            yield byte % sides


def rows(count: int, size: int, sides: int) -> Iterator[bytes]:
    first = b"1" if sides == 6 else b"0"
    for seed in range(count):
        throws = chance(seed, sides)
        yield bytes(first[0] + next(throws) for _ in range(size))


@pytest.mark.parametrize(
    ("size", "sides", "judge"),
    [
        (50, 6, dice.oddities_of_dice),
        (99, 6, dice.oddities_of_dice),
        (128, 2, dice.oddities_of_coins),
        (256, 2, dice.oddities_of_coins),
    ],
)
def test_hardly_any_honest_row_is_called_odd(
    size: int, sides: int, judge: Callable[[bytes], tuple[Oddity, ...]]
) -> None:
    odd = sum(bool(judge(row)) for row in rows(1000, size, sides))
    assert odd <= 8


def loaded(size: int) -> bytes:
    """A die that shows a six every second time."""
    throws = chance(7, 12)
    return bytes(0x31 + min(next(throws), 5) for _ in range(size))


@pytest.mark.parametrize(
    ("row", "oddity"),
    [
        (loaded(50), Oddity.UNEVEN),
        (b"123" * 33, Oddity.UNEVEN),
        (b"123456" * 9, Oddity.STEPPING),
        (b"654321" * 9, Oddity.STEPPING),
        (b"142536" * 9, Oddity.REPEATING),
        (b"13" * 25, Oddity.REPEATING),
        (b"111222333444555666" * 3, Oddity.STEPPING),
        (b"361425436152" * 8 + b"361", Oddity.REPEATING),
        (b"25163" + b"4" * 8 + next(rows(1, 80, 6)), Oddity.LONG_RUN),
    ],
)
def test_loaded_dice_and_invented_rolls_are_noticed(row: bytes, oddity: Oddity) -> None:
    assert oddity in dice.oddities_of_dice(row)


@pytest.mark.parametrize(
    ("row", "oddity"),
    [
        (b"0" * 128, Oddity.UNEVEN),
        (b"001" * 42 + b"00", Oddity.UNEVEN),
        (b"01" * 64, Oddity.STEPPING),
        (b"0011" * 32, Oddity.REPEATING),
        (next(rows(1, 100, 2)) + b"1" * 20 + b"0" * 20, Oddity.LONG_RUN),
    ],
)
def test_coins_that_are_not_flipped_are_noticed(row: bytes, oddity: Oddity) -> None:
    assert oddity in dice.oddities_of_coins(row)


def test_the_limits_of_chi_square_leave_out_one_in_a_thousand() -> None:
    def coins(x: float) -> float:
        return math.erfc(math.sqrt(x / 2))

    def six_sides(x: float) -> float:
        return coins(x) + math.sqrt(2 * x / math.pi) * math.exp(-x / 2) * (1 + x / 3)

    assert coins(10.828) == pytest.approx(0.001, rel=1e-3)
    assert six_sides(20.515) == pytest.approx(0.001, rel=1e-3)


def test_49_rolls_are_refused_however_honest() -> None:
    with pytest.raises(Refused, match="50 rolls"):
        dice.entropy_from_dice(next(rows(1, 49, 6)), 12)
