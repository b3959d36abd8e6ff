"""Seed words to be written down, a few at a time. Nobody gets past them without seeing them all."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

from firmware_emu.screens import Answer, Key
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


@dataclass(frozen=True, slots=True)
class ChosenWord(Answer):
    """The number of a word, from 0."""

    number: int


@dataclass(frozen=True, slots=True)
class WordChoice:
    """The words with a cursor, to change one. A typed number goes there."""

    kind: ClassVar[str] = "word choice"

    title: str
    words: WordRow = field(repr=False)
    cursor: int = 0
    typed_number: int = 0

    def lines(self) -> tuple[str, ...]:
        first = self.cursor // _ROWS * _ROWS
        numbers = range(first, min(first + _ROWS, len(self.words)))
        body = (
            f"{'▸' if number == self.cursor else ' '} {number + 1:2}. {self.words[number]}"
            for number in numbers
        )
        place = f"{self.cursor + 1} of {len(self.words)}"
        return framed(heading(self.title, place), tuple(body), buttons("back", "change", "◂ ▸"))

    def press(self, key: Key) -> "WordChoice | ChosenWord | Stopped":
        match key:
            case Key.LEFT:
                return self._with_cursor(self.cursor - 1)
            case Key.RIGHT:
                return self._with_cursor(self.cursor + 1)
            case Key.OK | Key.HOLD:
                return ChosenWord(self.cursor)
            case Key.STOP:
                return Stopped()

    def typed(self, character: str) -> "WordChoice":
        """A digit goes to that word, a second one to the number of both."""
        if not ("0" <= character <= "9"):
            return self
        number = self.typed_number * 10 + int(character)
        number = number if 1 <= number <= len(self.words) else int(character)
        if not 1 <= number <= len(self.words):
            return self
        return replace(self, cursor=number - 1, typed_number=number)

    def _with_cursor(self, number: int) -> "WordChoice":
        places = max(1, len(self.words))  # there are none once the words are erased
        return replace(self, cursor=number % places, typed_number=0)


_ROWS = 6
