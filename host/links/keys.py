"""Keys of the terminal as they are pressed, without Enter: for who shows codes in it."""

import os
import re
import sys
from typing import Any, Final

if sys.platform == "win32":
    import msvcrt
else:
    import select
    import termios
    import tty

_MOST: Final = 256  # bytes of one look
# An arrow is several characters; another such sequence is nothing.
_KEY: Final = re.compile(r"\x1b[\[O](?P<arrow>[A-D])|\x1b[\[O][0-9;]*.|(?P<letter>.)", re.DOTALL)
_ARROWS: Final = {"A": "left", "D": "left", "B": "right", "C": "right"}
_WINDOWS: Final = {"H": "left", "K": "left", "P": "right", "M": "right"}


class TerminalKeys:
    """Between `open` and `close` keys are neither shown nor kept for a line. None come from a file.

    Ctrl+C is no key here: it ends the program as everywhere.
    """

    def __init__(self) -> None:
        self._is_open = False
        self._before: list[Any] = []

    def open(self) -> None:
        """Take keys from now on, where there is a terminal."""
        if self._is_open or not sys.stdin.isatty():
            return
        if sys.platform != "win32":
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        self._is_open = True

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._is_open and sys.platform != "win32":
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)
        self._is_open = False

    def pressed(self) -> list[str]:
        """What was pressed since: characters, "left" and "right". Never waits."""
        if not self._is_open:
            return []
        if sys.platform == "win32":
            return _windows_keys()
        is_ready, _, _ = select.select([sys.stdin], [], [], 0)
        typed = os.read(sys.stdin.fileno(), _MOST) if is_ready else b""
        return keys_of(typed.decode(errors="replace"))


def keys_of(text: str) -> list[str]:
    """What a terminal writes for keys, as keys."""
    pieces = [(match["arrow"], match["letter"]) for match in _KEY.finditer(text)]
    return [_ARROWS[arrow] if arrow else letter for arrow, letter in pieces if arrow or letter]


def _windows_keys() -> list[str]:
    pressed: list[str] = []
    if sys.platform == "win32":
        while msvcrt.kbhit():
            letter = msvcrt.getwch()
            arrow = _WINDOWS.get(msvcrt.getwch()) if letter in "\0\xe0" else letter
            pressed += [arrow] if arrow else []
    return pressed
