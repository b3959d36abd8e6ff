"""The font: every sign in a cell of 8 x 16 pixels.

`font.txt` holds the drawings, to be read and changed in any editor: a line that names some signs,
then their twelve rows side by side.
"""

from functools import cache
from importlib.resources import files

WIDTH = 8
HEIGHT = 16

_TOP = 2  # empty rows above the drawing: capitals stand in the middle of the cell
_ROWS = 12
_UNKNOWN = ("#######", *["#.....#"] * 7, "#######")


@cache
def glyph(sign: str, ink: int, ground: int) -> tuple[bytes, ...]:
    """HEIGHT rows of WIDTH pixels; a sign that was never drawn is an empty box, never nothing."""
    rows = (*[""] * _TOP, *_drawings().get(sign, _UNKNOWN))
    rows = (*rows, *[""] * (HEIGHT - len(rows)))
    table = {ord("#"): chr(ink), ord("."): chr(ground)}
    return tuple(row.ljust(WIDTH, ".").translate(table).encode("latin-1") for row in rows)


@cache
def _drawings() -> dict[str, tuple[str, ...]]:
    lines = (files(__package__) / "font.txt").read_text("utf-8").splitlines()
    drawings: dict[str, tuple[str, ...]] = {" ": ()}
    for start in range(0, len(lines), _ROWS + 1):
        names = lines[start].removeprefix("= ").split(" ")
        rows = [line.split(" ") for line in lines[start + 1 : start + 1 + _ROWS]]
        drawings |= {name: tuple(row[i] for row in rows) for i, name in enumerate(names)}
    return drawings
