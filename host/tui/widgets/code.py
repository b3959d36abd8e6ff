"""QR codes in a terminal: half blocks in black and white."""

from collections.abc import Sequence

from textual.content import Content

# Explicit colours and never the theme's: a code in the wrong colours is not read (a camera cannot
# know which of two pixels is the dark one). U+2580 is the upper half of a cell.
INK = "#000000 on #ffffff"
HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
QUIET = 2  # modules around the code; 4 is the standard's, 2 was read from every terminal tried
NARROWEST_QUIET = 1

Modules = Sequence[Sequence[bool]]


def modules(rows: Sequence[str]) -> list[list[bool]]:
    """What a device's view says of a code, one bool per module (True is dark); [] for none."""
    return [[module == "1" for module in row] for row in rows]


def framed(code: Modules, quiet: int = QUIET) -> list[list[bool]]:
    """The code with its quiet zone."""
    wide = len(code) + 2 * quiet
    edge = [[False] * wide for _ in range(quiet)]
    return edge + [[False] * quiet + list(row) + [False] * quiet for row in code] + edge


def size(code: Modules, quiet: int = QUIET) -> tuple[int, int]:
    """Columns and rows of a terminal that the drawn code takes."""
    side = len(code) + 2 * quiet
    return side, (side + 1) // 2


def version_in(wide: int, high: int) -> int:
    """The largest QR version that so many columns and rows hold; below 1 for none."""
    return (min(wide, 2 * high) - 2 * NARROWEST_QUIET - 17) // 4


def half_blocks(code: Modules, quiet: int = QUIET) -> Content:
    """The code as text: two modules a cell, one above the other."""
    rows = framed(code, quiet)
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = (
        "".join(HALVES[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )
    return Content.styled("\n".join(lines), INK)
