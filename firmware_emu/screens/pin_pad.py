"""A PIN: digits of a pad, or any letters and digits of a keyboard.

The pad is shuffled, so that which keys were pressed tells nothing.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from firmware_emu.pin_entry import LONGEST, PinEntry
from firmware_emu.screens import Answer, Key
from firmware_emu.screens.layout import buttons, framed, heading, wrap
from firmware_emu.screens.notice import Stopped

SHORTEST = 4


class Entered(Answer):
    """The PIN is whole."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class PinPad:
    """`order` holds the ten digits as they lie on the pad; two more places delete and finish.

    What is typed goes into `pin`, which is whoever's shows the pad; of it the pad tells `length`.
    """

    kind: ClassVar[str] = "pinpad"

    title: str
    order: str = field(repr=False)
    note: str = ""
    pin: PinEntry = field(default_factory=PinEntry, repr=False, compare=False)
    length: int = 0
    cursor: int = field(default=0, repr=False)

    def lines(self) -> tuple[str, ...]:
        body = (
            *wrap(self.note)[:2],
            f"  {self._dots()}",
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
        """A letter or a digit adds itself, a backspace takes one away. OK then finishes."""
        if character in _BACKSPACES:
            return self._delete()
        if not (character.isascii() and character.isalnum()):
            return self
        return replace(self._add(character), cursor=_FINISH)

    def _pick(self) -> "PinPad | Entered":
        if self.cursor == _DELETE:
            return self._delete()
        return self._finish() if self.cursor == _FINISH else self._add(self.order[self.cursor])

    def _add(self, character: str) -> "PinPad":
        self.pin.append(character)
        return replace(self, length=len(self.pin))

    def _delete(self) -> "PinPad":
        self.pin.pop()
        return replace(self, length=len(self.pin))

    def _finish(self) -> "PinPad | Entered":
        return Entered() if self.length >= SHORTEST else self

    def _dots(self) -> str:
        if self.length <= _DOTS:
            return " ".join("*" * self.length)
        full = ": it is full" if self.length == LONGEST else ""
        return f"{self.length} characters{full}"

    def _place(self, place: int, label: str) -> str:
        return f" [{label}] " if place == self.cursor else f"  {label}  "


_DELETE = 10
_FINISH = 11
_PLACES = 12
_DOTS = 14  # as many fit on a line
_BACKSPACES = ("\b", "\x7f")
