"""Dice rolls: the person's own randomness, so that no broken generator can choose the seed."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from firmware_emu.screens import Answer, Key
from firmware_emu.screens.layout import buttons, framed, heading
from firmware_emu.screens.notice import Stopped

ENOUGH = 50  # 50 rolls of a fair die hold 129 bits: as much as twelve words
_DELETE = 6
_FINISH = 7
_PLACES = 8


@dataclass(frozen=True, slots=True)
class Rolled(Answer):
    """The rolls as text, "1" to "6" each; empty when the person left it to the device."""

    rolls: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dice:
    kind: ClassVar[str] = "dice"

    rolls: str = field(default="", repr=False)
    cursor: int = field(default=_FINISH, repr=False)

    def lines(self) -> tuple[str, ...]:
        faces = "".join(self._place(i, str(i + 1)) for i in range(6))
        body = (
            "Mix in dice rolls (optional).",
            "Each adds 2.6 bits; 50 are",
            "enough alone.",
            "",
            f"  {len(self.rolls)} of {ENOUGH} rolls",
            "",
            faces,
            self._place(_DELETE, "delete") + self._place(_FINISH, "finish"),
        )
        return framed(heading("New wallet"), body, buttons("stop", "pick", "◂ ▸"))

    @property
    def is_leavable(self) -> bool:
        return not self.rolls

    def press(self, key: Key) -> "Dice | Rolled | Stopped":
        match key:
            case Key.LEFT:
                return replace(self, cursor=(self.cursor - 1) % _PLACES)
            case Key.RIGHT:
                return replace(self, cursor=(self.cursor + 1) % _PLACES)
            case Key.STOP:
                return Stopped()
            case Key.OK | Key.HOLD:
                return self._pick()

    def typed(self, character: str) -> "Dice":
        if character in ("\b", "\x7f"):
            return replace(self, rolls=self.rolls[:-1])
        return self._add(character) if character in _FACES else self

    def _pick(self) -> "Dice | Rolled":
        if self.cursor == _DELETE:
            return replace(self, rolls=self.rolls[:-1])
        return Rolled(self.rolls) if self.cursor == _FINISH else self._add(_FACES[self.cursor])

    def _add(self, face: str) -> "Dice":
        return replace(self, rolls=self.rolls + face) if len(self.rolls) < _MAX_ROLLS else self

    def _place(self, place: int, label: str) -> str:
        return f"[{label}]" if place == self.cursor else f" {label} "


_FACES = ("1", "2", "3", "4", "5", "6")
_MAX_ROLLS = 99  # 256 bits; more cannot be kept
