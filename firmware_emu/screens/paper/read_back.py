"""A screen that waits for a code which was copied from this device."""

from dataclasses import dataclass
from typing import ClassVar

from firmware_emu.screens import Key
from firmware_emu.screens.layout import buttons, framed, heading, wrap
from firmware_emu.screens.letters import CodeHeldUp
from firmware_emu.screens.notice import Acknowledged, Stopped


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Answered by the code; by OK, which asks to see again what is to be copied; or by STOP."""

    kind: ClassVar[str] = "readback"

    title: str
    sentences: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        body = ("", *(line for sentence in self.sentences for line in wrap(sentence)))
        return framed(heading(self.title), body, buttons("skip", "show again"))

    def press(self, key: Key) -> "ReadBack | Acknowledged | Stopped":
        match key:
            case Key.OK | Key.HOLD:
                return Acknowledged()
            case Key.STOP:
                return Stopped()
            case Key.LEFT | Key.RIGHT:
                return self

    @property
    def scans(self) -> bool:
        return True

    def typed(self, _character: str) -> "ReadBack":
        """Nothing: what is typed was not read from paper."""
        return self

    def scanned(self, data: bytes) -> CodeHeldUp:
        return CodeHeldUp(data)
