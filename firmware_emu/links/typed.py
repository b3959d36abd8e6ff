"""The keyboard as a way in for codes, where the device has a panel and no cable."""

from firmware_emu.events import KEYBOARD
from firmware_emu.shell import Shell


class TypedLink:
    """A port that a panel feeds with what is pasted or typed by a scanner."""

    address = "what is pasted here, or typed by a scanner"

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        shell.plug_in(KEYBOARD, _say_nothing)

    def close(self) -> None:
        """Take nothing more."""
        self._shell.pull_out(KEYBOARD)


def _say_nothing(_data: bytes) -> None:
    """A keyboard cannot answer."""
