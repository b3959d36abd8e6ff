"""Plots in the signs that a terminal has: areas of eighths of a cell, and bars."""

from collections.abc import Sequence

from host.config import grouped
from host.session.plots import BalancePoint, Bar

EIGHTHS = " ▁▂▃▄▅▆▇█"
PARTS = " ▏▎▍▌▋▊▉█"
LEAST_BAR = 6  # columns of a bar beside its name


def area(points: Sequence[BalancePoint], columns: int, rows: int) -> list[str]:
    """The balance as an area of that size; its top is the highest point."""
    heights = _sampled(points, columns)
    top = max((sats for sats in heights), default=0)
    if not top or rows < 1:
        return []
    levels = [max(sats, 0) * rows * 8 // top for sats in heights]
    return [
        "".join(EIGHTHS[min(max(level - 8 * row, 0), 8)] for level in levels)
        for row in reversed(range(rows))
    ]


def _sampled(points: Sequence[BalancePoint], columns: int) -> list[int]:
    """The balance at the end of each column's share of the time."""
    if not points or columns < 1:
        return []
    start, end = points[0].time, points[-1].time
    sampled, index = [], 0
    for column in range(1, columns + 1):
        moment = start + (end - start) * column // columns
        while index + 1 < len(points) and points[index + 1].time <= moment:
            index += 1
        sampled.append(points[index].sats)
    return sampled


def bars(histogram: Sequence[Bar], columns: int, unit: str) -> list[str]:
    """One line a bar: its name, itself, and how much it stands for; two where there is no room."""
    if not any(bar.amount for bar in histogram):
        return []
    names = max(len(bar.name) for bar in histogram)
    amounts = [f"{grouped(bar.amount)} {unit}" for bar in histogram]
    room = max(map(len, amounts))
    width = columns - names - room - 2
    longest = max(bar.amount for bar in histogram)
    lines = []
    for bar, amount in zip(histogram, amounts, strict=True):
        if width >= LEAST_BAR:
            block = _bar(bar.amount * width * 8 // longest, width)
            lines.append(f"{bar.name:<{names}} {block} {amount:>{room}}")
        else:
            block = _bar(bar.amount * columns * 8 // longest, columns)
            lines += [f"{bar.name:<{columns - room}}{amount:>{room}}", block]
    return lines


def _bar(eighths: int, width: int) -> str:
    whole, part = divmod(eighths, 8)
    return ("█" * whole + PARTS[part].strip()).ljust(width)
