"""A choice among a few things, or of a whole number."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firmware_emu.screens import Answer, Key
from firmware_emu.screens.layout import BODY, buttons, framed, heading, wrap
from firmware_emu.screens.notice import Stopped


@dataclass(frozen=True, slots=True)
class Picked(Answer):
    item: str


class MenuClosed(Answer):
    """The person went back without choosing."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Menu:
    kind: ClassVar[str] = "menu"

    title: str
    items: tuple[str, ...]
    cursor: int = 0
    back: str = "back"
    is_leavable: bool = True

    def lines(self) -> tuple[str, ...]:
        first = max(0, self.cursor - BODY + 1)
        visible = enumerate(self.items[first : first + BODY], start=first)
        body = tuple(f"{'▸' if i == self.cursor else ' '} {item}" for i, item in visible)
        place = f"{self.cursor + 1}/{len(self.items)}" if len(self.items) > BODY else ""
        return framed(heading(self.title, place), body, buttons(self.back, "choose", "◂ ▸"))

    def press(self, key: Key) -> "Menu | Picked | MenuClosed":
        match key:
            case Key.LEFT:
                return replace(self, cursor=(self.cursor - 1) % len(self.items))
            case Key.RIGHT:
                return replace(self, cursor=(self.cursor + 1) % len(self.items))
            case Key.OK | Key.HOLD:
                return Picked(self.items[self.cursor])
            case Key.STOP:
                return MenuClosed() if self.back else self


@dataclass(frozen=True, slots=True)
class NumberChosen(Answer):
    value: int


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from 0 on. `largest` is the last that can be chosen; 0 comes after it."""

    kind: ClassVar[str] = "number"

    title: str
    sentence: str
    largest: int
    value: int = 0
    is_leavable: bool = True

    def lines(self) -> tuple[str, ...]:
        body = (*wrap(self.sentence), "", f"  {self.value}", "", "Type it, or use the arrows.")
        return framed(heading(self.title), body, buttons("back", "choose", "◂ ▸"))

    def press(self, key: Key) -> "Number | NumberChosen | Stopped":
        match key:
            case Key.LEFT:
                return self._of(self.value - 1)
            case Key.RIGHT:
                return self._of(self.value + 1)
            case Key.OK | Key.HOLD:
                return NumberChosen(self.value)
            case Key.STOP:
                return Stopped()

    def typed(self, character: str) -> "Number":
        """A digit behind those there are, or one less; a number that is too large is not taken."""
        if character in ("\b", "\x7f"):
            return replace(self, value=self.value // 10)
        if character not in tuple("0123456789"):
            return self
        value = self.value * 10 + int(character)
        return replace(self, value=value) if value <= self.largest else self

    def _of(self, value: int) -> "Number":
        return replace(self, value=value % (self.largest + 1))
