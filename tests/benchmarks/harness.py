"""How a figure is taken and printed: CPU time, the best of some runs, as a ratio to a yardstick.

A ratio to something run beside it means the same on every machine; seconds do not. Nothing here
ever fails because it was slow.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import process_time

RUNS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """`name` took `seconds` of CPU; `beside` it, the yardstick took `yardstick_seconds`."""

    name: str
    seconds: float
    beside: str = ""
    yardstick_seconds: float = 0.0

    @property
    def ratio(self) -> str:
        return f"{self.seconds / self.yardstick_seconds:.2f} x" if self.yardstick_seconds else ""


def cpu_seconds(work: Callable[[], object], runs: int = RUNS) -> float:
    """The least CPU time of some runs: what is left when nothing disturbs."""
    return min(_once(work) for _ in range(runs))


def side_by_side(
    name: str,
    work: Callable[[], object],
    beside: str,
    yardstick: Callable[[], Callable[[], object]],
    runs: int = RUNS,
) -> Figure:
    """Both by turns, so that a slow minute is one for both.

    `yardstick` makes, uncounted, what is then counted.
    """
    ours, theirs = zip(*((_once(work), _once(yardstick())) for _ in range(runs)), strict=True)
    return Figure(name, min(ours), beside, min(theirs))


def _once(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began


def table(figures: Iterable[Figure]) -> str:
    """The figures as aligned lines."""
    rows = [("what", "time", "ratio", "beside")]
    rows += [(f.name, f"{f.seconds * 1000:.1f} ms", f.ratio, f.beside) for f in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}".rstrip() for a, b, c, d in rows
    ]
    return "\n".join(lines)
