"""Codes as pixels of a terminal: Kitty's graphics protocol, and sixel. What it answers decides.

A question goes out that each of these terminals answers, then one that every terminal does (DA1):
once the second answer is there, the first one comes no more.
"""

import re
import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Final

Modules = Sequence[Sequence[bool]]

QUESTIONS: Final = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
QUIET: Final = 4  # light modules around a code (ISO 18004)
LEAST_SCALE: Final = 3  # pixels a module; in half blocks a module is as wide as a letter
_MOST_SCALE: Final = 12
_IMAGE: Final = 31
_PIECE: Final = 4096  # letters of a command (Kitty)
_ATTRIBUTES: Final = re.compile(r"\x1b\[\?([0-9;]*)c")
_CELL: Final = re.compile(r"\x1b\[6;([0-9]{1,4});([0-9]{1,4})t")
_SIXEL: Final = "4"  # among the attributes of a terminal (DA1)
_BAND: Final = 6  # rows of pixels that a row of sixels holds
_BITS: Final = 0x3F  # "?" is none of them set


class Protocol(Enum):
    """How pixels reach the terminal."""

    KITTY = "kitty"
    SIXEL = "sixel"


@dataclass(frozen=True, slots=True)
class Graphics:
    """What a terminal draws; its letters are `cell_width` by `cell_height` pixels."""

    protocol: Protocol
    cell_width: int
    cell_height: int

    @property
    def is_over_letters(self) -> bool:
        """Whether letters stay below a picture: else it is gone where one of them is written."""
        return self.protocol is Protocol.KITTY

    def version_in(self, columns: int, rows: int) -> int:
        """The largest QR version that so many letters have room for; below 1 for none."""
        side = min(columns * self.cell_width, rows * self.cell_height)
        return (side // LEAST_SCALE - 2 * QUIET - 17) // 4

    def size_of(self, code: Modules) -> tuple[int, int]:
        """Columns and rows of the smallest drawing of a code."""
        side = (len(code) + 2 * QUIET) * LEAST_SCALE
        return -(-side // self.cell_width), -(-side // self.cell_height)

    def draw(self, code: Modules, columns: int, rows: int) -> str:
        """What shows the code from the cursor on, as large as so many letters have room for."""
        side = min(columns * self.cell_width, rows * self.cell_height)
        scale = max(1, min(side // (len(code) + 2 * QUIET), _MOST_SCALE))
        framed = _framed(code)
        return kitty(framed, scale) if self.protocol is Protocol.KITTY else sixel(framed, scale)

    def erase(self) -> str:
        """What takes the picture away again: a sixel goes when letters are written over it."""
        return f"\x1b_Ga=d,d=I,i={_IMAGE},q=2\x1b\\" if self.is_over_letters else ""


def is_answered(answer: str) -> bool:
    """Whether the answer to the last of QUESTIONS is there."""
    return bool(_ATTRIBUTES.search(answer))


def graphics_of(answer: str) -> Graphics | None:
    """What a terminal that answers so can draw; None for letters alone."""
    attributes, cell = _ATTRIBUTES.search(answer), _CELL.search(answer)
    if not cell:
        return None  # nobody knows how large a picture would be
    height, width = int(cell[1]), int(cell[2])
    if not (4 <= width <= 256 and 4 <= height <= 256):
        return None
    if f"\x1b_Gi={_IMAGE};OK" in answer:
        return Graphics(Protocol.KITTY, width, height)
    if attributes and _SIXEL in attributes[1].split(";")[1:]:
        return Graphics(Protocol.SIXEL, width, height)
    return None


def kitty(rows: Modules, scale: int) -> str:
    """The commands that show these modules as a PNG, over the picture before (a=T, f=100)."""
    letters = b64encode(png(rows, scale)).decode("ascii")
    pieces = [letters[start : start + _PIECE] for start in range(0, len(letters), _PIECE)]
    head = f"a=T,f=100,i={_IMAGE},p=1,q=2,C=1,"
    commands = (
        f"\x1b_G{'' if number else head}m={int(number < len(pieces) - 1)};{piece}\x1b\\"
        for number, piece in enumerate(pieces)
    )
    return "".join(commands)


def sixel(rows: Modules, scale: int) -> str:
    """The same as sixels in black and white (DEC STD 070)."""
    pixels = [row for row in rows for _ in range(scale)]
    side = len(rows[0]) * scale
    start = f'\x1bP0;1;0q"1;1;{side};{len(pixels)}#0;2;0;0;0#1;2;100;100;100'
    bands = (pixels[top : top + _BAND] for top in range(0, len(pixels), _BAND))
    return start + "-".join(_band(band, scale) for band in bands) + "\x1b\\"


def png(rows: Modules, scale: int) -> bytes:
    """The modules as a picture of one bit a pixel (PNG, W3C): light is white."""
    packed = b"".join((b"\0" + _bits(row, scale)) * scale for row in rows)
    width, height = len(rows[0]) * scale, len(rows) * scale
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((1, 0, 0, 0, 0))
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(packed, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _framed(code: Modules) -> list[tuple[bool, ...]]:
    side = (False,) * QUIET
    edge = [(False,) * (len(code) + 2 * QUIET)] * QUIET
    return [*edge, *((*side, *row, *side) for row in code), *edge]


def _bits(row: Sequence[bool], scale: int) -> bytes:
    digits = "".join(("0" if is_dark else "1") * scale for is_dark in row)
    return int(digits.ljust(-(-len(digits) // 8) * 8, "1"), 2).to_bytes(-(-len(digits) // 8), "big")


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return len(data).to_bytes(4, "big") + name + data + checksum.to_bytes(4, "big")


def _band(band: Sequence[Sequence[bool]], scale: int) -> str:
    """Six rows of pixels: first what is black, then over it what is white."""
    full = (1 << len(band)) - 1
    dark = [sum(row[column] << n for n, row in enumerate(band)) for column in range(len(band[0]))]
    return f"#0{_runs(dark, scale)}$#1{_runs([full & ~column for column in dark], scale)}"


def _runs(columns: Sequence[int], scale: int) -> str:
    return "".join(
        f"!{scale * sum(1 for _ in group)}{chr(0x3F + (bits & _BITS))}"
        for bits, group in groupby(columns)
    )
