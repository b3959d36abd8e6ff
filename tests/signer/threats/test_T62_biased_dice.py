"""T62: loaded dice, invented rolls and too few of them make seeds that others can guess.

Too few are refused. The rest cannot be proven, so it is told to the person as a warning, and must
not cry wolf at honest rows.
"""

import hashlib
import math
from collections.abc import Callable, Iterator

import pytest

from signer.errors import Refused
from signer.keys.seeds import dice
from signer.keys.seeds.dice import Oddity


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


def following(places: int, hits: int, back: int, step: int) -> bytes:
    """Rolls of which that many are the one `back` places before, plus `step`; no others are."""
    throws = chance(7, 6)
    row = [next(throws) for _ in range(back)]
    for at in range(places):
        foreseen = (row[-back] + step) % 6
        hit = at * hits // places != (at + 1) * hits // places
        row.append(foreseen if hit else next(throw for throw in throws if throw != foreseen))
    return bytes(0x31 + result for result in row)


@pytest.mark.parametrize(
    ("back", "step", "oddity"),
    [(1, step, Oddity.STEPPING) for step in range(6)]
    + [(back, 0, Oddity.REPEATING) for back in range(2, 13)],
)
def test_results_that_follow_from_others_are_odd_beyond_the_limit_and_not_at_it(
    back: int, step: int, oddity: Oddity
) -> None:
    # 24 of 64 are too many by the root of 20 deviations, to the bit; 24 of 63 by hardly more.
    assert dice.oddities_of_dice(following(64, 24, back, step)) == ()
    assert dice.oddities_of_dice(following(63, 24, back, step)) == (oddity,)


def test_no_more_is_asked_of_a_row_than_the_limit_allows_for() -> None:
    # With each further question more honest rows are called odd.
    assert dice.oddities_of_dice(following(63, 60, 13, 0)) == ()


def test_rolls_that_never_come_twice_running_are_not_odd() -> None:
    assert dice.oddities_of_dice(following(149, 0, 1, 0)) == ()


@pytest.mark.parametrize("before", [0, 1, 40, 80])
@pytest.mark.parametrize(
    ("judge", "sides", "longest"), [(dice.oddities_of_dice, 6, 7), (dice.oddities_of_coins, 2, 19)]
)
def test_a_run_is_odd_beyond_its_limit_wherever_it_begins(
    judge: Callable[[bytes], tuple[Oddity, ...]], sides: int, longest: int, before: int
) -> None:
    honest = next(rows(1, 160, sides))
    head, tail = honest[:before], honest[before:]
    other = next(byte for byte in set(honest) if byte not in (head[-1:] + tail[:1]))
    assert judge(head + bytes((other,)) * longest + tail) == ()
    assert judge(head + bytes((other,)) * (longest + 1) + tail) == (Oddity.LONG_RUN,)


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
