"""Digits for a PIN. The pad is shuffled, so that which keys were pressed tells nothing."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from firmware_emu.screens import Answer, Key
from firmware_emu.screens.layout import buttons, framed, heading, wrap
from firmware_emu.screens.notice import Stopped

SHORTEST = 4
LONGEST = 8


@dataclass(frozen=True, slots=True)
class Entered(Answer):
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinPad:
    """`order` holds the ten digits as they lie on the pad; two more places delete and finish."""

    kind: ClassVar[str] = "pinpad"

    title: str
    order: str = field(repr=False)
    note: str = ""
    digits: str = field(default="", repr=False)
    cursor: int = field(default=0, repr=False)

    def lines(self) -> tuple[str, ...]:
        dots = " ".join("*" * len(self.digits))
        body = (
            *wrap(self.note)[:2],
            f"  {dots}",
            "",
            "".join(self._place(i, digit) for i, digit in enumerate(self.order[:5])),
            "".join(self._place(i, digit) for i, digit in enumerate(self.order[5:], start=5)),
            "",
            self._place(_DELETE, "delete") + self._place(_FINISH, "finish"),
        )
        return framed(heading(self.title), body, buttons("stop", "pick", "◂ ▸"))

    def press(self, key: Key) -> "PinPad | Entered | Stopped":
        match key:
            case Key.LEFT:
                return replace(self, cursor=(self.cursor - 1) % _PLACES)
            case Key.RIGHT:
                return replace(self, cursor=(self.cursor + 1) % _PLACES)
            case Key.STOP:
                return Stopped()
            case Key.OK | Key.HOLD:
                return self._pick()

    @property
    def asks_yes(self) -> bool:
        """Finishing costs a PIN try."""
        return self.cursor == _FINISH

    @property
    def asks_hold(self) -> bool:
        return False

    def typed(self, character: str) -> "PinPad | Entered":
        """A digit adds itself, a backspace takes one away. OK then finishes."""
        if character in _BACKSPACES:
            return self._delete()
        if character not in self.order:
            return self
        return replace(self._add(character), cursor=_FINISH)

    def _pick(self) -> "PinPad | Entered":
        if self.cursor == _DELETE:
            return self._delete()
        return self._finish() if self.cursor == _FINISH else self._add(self.order[self.cursor])

    def _add(self, digit: str) -> "PinPad":
        return replace(self, digits=(self.digits + digit)[:LONGEST])

    def _delete(self) -> "PinPad":
        return replace(self, digits=self.digits[:-1])

    def _finish(self) -> "PinPad | Entered":
        return Entered(self.digits) if len(self.digits) >= SHORTEST else self

    def _place(self, place: int, label: str) -> str:
        return f" [{label}] " if place == self.cursor else f"  {label}  "


_DELETE = 10
_FINISH = 11
_PLACES = 12
_BACKSPACES = ("\b", "\x7f")
