"""A choice among a few things."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firmware_emu.screens import Answer, Key
from firmware_emu.screens.layout import BODY, buttons, framed, heading


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

    def lines(self) -> tuple[str, ...]:
        first = max(0, self.cursor - BODY + 1)
        visible = enumerate(self.items[first : first + BODY], start=first)
        body = tuple(f"{'▸' if i == self.cursor else ' '} {item}" for i, item in visible)
        return framed(heading(self.title), body, buttons(self.back, "choose", "◂ ▸"))

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
