"""Seed words to be written down, a few at a time. Nobody gets past them without seeing them all."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

from firmware_emu.screens import Key
from firmware_emu.screens.layout import buttons, framed, heading
from firmware_emu.screens.notice import Acknowledged, Stopped

PER_VIEW = 4


class WordRow(Protocol):
    """Words in order; those of a seed in a buffer that somebody erases."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Words:
    kind: ClassVar[str] = "words"

    title: str
    words: WordRow = field(repr=False)
    view: int = 0

    def lines(self) -> tuple[str, ...]:
        first = self.view * PER_VIEW
        numbers = range(first, min(first + PER_VIEW, len(self.words)))
        body = ("", *(f"  {number + 1:2}. {self.words[number]}" for number in numbers))
        last = buttons("stop", "done" if self._last else "next", "◂" if self.view else "")
        return framed(heading(self.title, f"{self.view + 1} of {self._views}"), body, last)

    def press(self, key: Key) -> "Words | Acknowledged | Stopped":
        match key:
            case Key.LEFT:
                return replace(self, view=max(0, self.view - 1))
            case Key.RIGHT:
                return self if self._last else self._next()
            case Key.OK | Key.HOLD:
                return Acknowledged() if self._last else self._next()
            case Key.STOP:
                return Stopped()

    @property
    def scroll(self) -> tuple[int, int]:
        return self.view, self._views

    def _next(self) -> "Words":
        return replace(self, view=self.view + 1)

    @property
    def _views(self) -> int:
        return -(-len(self.words) // PER_VIEW)

    @property
    def _last(self) -> bool:
        return self.view == self._views - 1
