"""What waits in a server's mempool, from whatever a server says of it."""

from collections.abc import Iterable
from math import isfinite

from host.values import WaitingFees

MOST_BARS = 10_000


def read(answer: object) -> WaitingFees:
    """Of pairs of a rate in sat/vB and how many vB pay it. Raises ValueError for anything else."""
    if not isinstance(answer, list) or len(answer) > MOST_BARS:
        raise ValueError
    return tuple(_pair(entry) for entry in answer)


def counted(payments: Iterable[tuple[float, int]], total_vbytes: int) -> WaitingFees:
    """The same of single payments, whose rates and sizes in vB these are, the highest first.

    When they are drawn from all that waits, `total_vbytes`, they stand for the others. Raises
    ValueError for what is no rate or no size.
    """
    sizes: dict[float, int] = {}
    for rate, vbytes in map(_pair, payments):
        sizes[round(rate, 1)] = sizes.get(round(rate, 1), 0) + vbytes
    share = max(total_vbytes / max(sum(sizes.values()), 1), 1.0)
    return tuple((rate, round(sizes[rate] * share)) for rate in sorted(sizes, reverse=True))


def _pair(entry: object) -> tuple[float, int]:
    match entry:
        case [int() | float() as rate, int() | float() as vbytes] if (
            isfinite(rate) and isfinite(vbytes) and min(rate, vbytes) >= 0
        ):
            return float(rate), int(vbytes)
        case _:
            raise ValueError
