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


async def show(frame: Frame) -> None:
    """Draw a code over the one before."""
    sys.stderr.write("\x1b[H\x1b[2J" + "\n".join(rows(frame)) + "\n")
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
