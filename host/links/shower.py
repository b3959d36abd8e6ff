"""Codes in the terminal of a command: half blocks, black on white, at the top of the screen."""

import shutil
import sys

from host.values import Frame

QUIET = 2  # light modules around a code
_MODULE = 4  # pixels of a frame
_BORDER = 4  # modules of its own quiet zone
INK = "\x1b[38;2;0;0;0;48;2;255;255;255m"
_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def version_in_terminal() -> int:
    """The largest QR version that this terminal has room for, with a line to spare."""
    columns, rows = shutil.get_terminal_size()
    return (min(columns, 2 * (rows - 1)) - 2 * QUIET - 17) // 4


class TerminalShower:
    """Draws codes, each over the one before, and under them the last thing that was said."""

    def __init__(self) -> None:
        self._sentence = ""
        self._is_drawn = False

    async def show(self, frame: Frame) -> None:
        """Draw a code over the one before."""
        self._is_drawn = True
        _write("\x1b[H\x1b[2J" + "\n".join(rows(frame)) + "\n" + _line(self._sentence))

    def say(self, sentence: str) -> None:
        """Tell a person. Under codes it stays until something else is said, or `end`."""
        self._sentence = sentence
        _write("\r\x1b[K" + _line(sentence) if self._is_drawn else f"{_printable(sentence)}\n")

    def end(self) -> None:
        """No more codes come: what is written next has its line for itself."""
        if self._is_drawn:
            _write("\r\x1b[K")
        self._is_drawn, self._sentence = False, ""


def _line(sentence: str) -> str:
    """What of it fits on the one line under a code: its end goes first."""
    room = shutil.get_terminal_size().columns - 1
    printable = _printable(sentence)
    return printable if len(printable) <= room else f"{printable[: room - 1]}…"


def _printable(sentence: str) -> str:
    """Without what a file's name may do to a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in sentence)


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def rows(frame: Frame) -> list[str]:
    """The code in letters of two modules each."""
    first, last = _BORDER - QUIET, frame.width // _MODULE - _BORDER + QUIET
    dark = [[_is_dark(frame, x, y) for x in range(first, last)] for y in range(first, last)]
    dark += [[False] * len(dark[0])] * (len(dark) % 2)
    return [
        INK + "".join(_HALVES[pair] for pair in zip(*pairs, strict=True)) + "\x1b[0m"
        for pairs in zip(dark[::2], dark[1::2], strict=True)
    ]


def _is_dark(frame: Frame, x: int, y: int) -> bool:
    return frame.pixels[(y * _MODULE + 1) * frame.width + x * _MODULE + 1] < 128
