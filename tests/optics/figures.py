"""A figure, the bar it must keep to, and how both are printed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_WIDTH: Final = 66


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` of `unit` beside its `bar`, which is the most, or the least where `is_least`."""

    name: str
    value: float
    unit: str
    bar: float
    is_least: bool = False

    @property
    def holds(self) -> bool:
        return self.value >= self.bar if self.is_least else self.value <= self.bar


def rows(figures: Iterable[Figure]) -> Iterator[str]:
    """A line for each, with a word where a bar is missed."""
    for figure in figures:
        bar = f"{'least' if figure.is_least else 'most'} {figure.bar:g}"
        value = f"{figure.value:.4g} {figure.unit}"
        missed = "" if figure.holds else "MISSED"
        yield f"{figure.name:{_WIDTH}} {value:>14}   {bar:<10} {missed}".rstrip()
