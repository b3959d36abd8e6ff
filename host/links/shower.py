"""Codes in the terminal of a command, at the top of the screen: pictures where it draws such.

Elsewhere in half blocks, black on white.
"""

import asyncio
import os
import shutil
import sys
from typing import Final

from host.links import terminal_graphics
from host.links.keys import TerminalKeys
from host.values import Frame
from signer.formats.qr.graphics import Graphics
from signer.formats.qr.shower import KEYS, Shower

QUIET = 2  # light modules around a code
TICK_S: Final = 0.04  # between two looks at the keys
FULL: Final = "f"
LETTERS: Final = "g"  # no graphics any more
LEAVING: Final = frozenset("qx\n\r\x1b")
_MODULE = 4  # pixels of a frame
_BORDER = 4  # modules of its own quiet zone
INK = "\x1b[38;2;0;0;0;48;2;255;255;255m"
_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def version_in_terminal(*, is_full: bool = False, graphics: Graphics | None = None) -> int:
    """The largest QR version that this terminal has room for, with a line to spare unless full."""
    columns, rows = _size()
    if graphics is not None:
        return graphics.version_in(columns, rows - (not is_full))
    return (min(columns, 2 * (rows - (not is_full))) - 2 * QUIET - 17) // 4


def _size() -> os.terminal_size:
    """Of the terminal that codes are written to: what the shell said of it may be old."""
    try:
        return os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        return shutil.get_terminal_size()


class TerminalShower:
    """Draws codes, each over the one before, and under them which it is and what was said last."""

    def __init__(self, keys: TerminalKeys | None = None) -> None:
        """`keys` change size and speed; without any, codes go on as they began."""
        self._keys = keys
        self._sentence = ""
        self._summary = ""
        self._is_drawn = False
        self._is_full = False
        self._graphics: Graphics | None = None
        self._is_asked = False
        self.is_left = False  # by one of the keys that leave

    def listen(self) -> None:
        """Take keys, also while no code is shown: one of them may leave."""
        self.is_left = False
        if self._keys is not None:
            self._keys.open()

    def leaves(self) -> bool:
        """Whether one of the keys that leave was pressed."""
        if not self._is_drawn and self._keys is not None:  # else `stand` looks at them
            self.is_left = self.is_left or not LEAVING.isdisjoint(self._keys.pressed())
        return self.is_left

    def begin(self, shower: Shower) -> Shower:
        """The same codes, as large as the terminal has room for. They are shown next."""
        if self._keys is not None and not self._is_asked:
            self._is_asked, self._graphics = True, terminal_graphics.ask()
        self.listen()
        self._summary = shower.summary()
        return shower.fit(self._room())

    def _room(self) -> int:
        return version_in_terminal(is_full=self._is_full, graphics=self._graphics)

    async def show(self, frame: Frame) -> None:
        """Draw a code over the one before."""
        self._is_drawn = True
        line = "" if self._is_full else self._below()
        if self._graphics is None:
            _write("\x1b[H\x1b[2J" + "\n".join((*rows(frame), *filter(None, [line]))))
            return
        columns, high = _size()
        picture = self._graphics.draw(modules(frame), columns, high - (not self._is_full))
        # Pictures scroll a terminal that is full: the line below is written from its own place.
        _write(f"\x1b[H\x1b[2J{picture}\x1b[{high};1H{line}")

    async def stand(self, shower: Shower) -> Shower:
        """Wait while its code is shown: what is to be shown next, by the clock or by a key."""
        clock = asyncio.get_running_loop().time
        picture, began = _picture_of(shower), clock()
        while not self.is_left:
            await asyncio.sleep(TICK_S)
            spent, began = clock() - began, clock()
            shower = shower.tick(spent)
            for key in self._keys.pressed() if self._keys else []:
                shower = self._press(shower, key)
            shower = shower.fit(self._room())
            self._summarize(shower)
            if _picture_of(shower) != picture or not self._is_drawn:
                break
        return shower

    def _press(self, shower: Shower, key: str) -> Shower:
        self.is_left = self.is_left or key in LEAVING
        if key == FULL:
            self._is_full = not self._is_full
            self._is_drawn = False
        if key == LETTERS and self._graphics is not None:
            _write(self._graphics.erase())
            self._graphics, self._is_drawn = None, False
        return shower.press(key)

    def _summarize(self, shower: Shower) -> None:
        previous, self._summary = self._summary, shower.summary()
        if self._is_drawn and not self._is_full and self._summary != previous:
            _write("\r\x1b[K" + self._below())

    def _below(self) -> str:
        keys = KEYS if self._keys is not None else ""
        keys += "  g letters" if self._graphics else ""
        return _line("  ".join(filter(None, (self._summary, self._sentence or keys))))

    def say(self, sentence: str) -> None:
        """Tell a person. Under codes it stays until something else is said, or `end`."""
        self._sentence = sentence
        if not self._is_drawn:
            _write(f"{_printable(sentence)}\n")
        elif not self._is_full:
            _write("\r\x1b[K" + self._below())

    def end(self) -> None:
        """No more codes come: what is written next has its line for itself."""
        if self._is_drawn:
            _write((self._graphics.erase() if self._graphics else "") + "\r\x1b[K")
        if self._keys is not None:
            self._keys.close()
        self._is_drawn, self._sentence, self._summary = False, "", ""


def _picture_of(shower: Shower) -> tuple[int, int]:
    return shower.version, shower.shown


def _line(sentence: str) -> str:
    """What of it fits on the one line under a code: its end goes first."""
    room = _size().columns - 1
    printable = _printable(sentence)
    return printable if len(printable) <= room else f"{printable[: room - 1]}…"


def _printable(sentence: str) -> str:
    """Without what a file's name may do to a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in sentence)


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def modules(frame: Frame, quiet: int = 0) -> list[list[bool]]:
    """The rows of a code with so many light modules around it, True where dark."""
    first, last = _BORDER - quiet, frame.width // _MODULE - _BORDER + quiet
    return [[_is_dark(frame, x, y) for x in range(first, last)] for y in range(first, last)]


def rows(frame: Frame) -> list[str]:
    """The code in letters of two modules each."""
    dark = modules(frame, QUIET)
    dark += [[False] * len(dark[0])] * (len(dark) % 2)
    return [
        INK + "".join(_HALVES[pair] for pair in zip(*pairs, strict=True)) + "\x1b[0m"
        for pairs in zip(dark[::2], dark[1::2], strict=True)
    ]


def _is_dark(frame: Frame, x: int, y: int) -> bool:
    return frame.pixels[(y * _MODULE + 1) * frame.width + x * _MODULE + 1] < 128
