"""QR codes in a terminal: modules found in pixels, drawn with half blocks in black and white."""

from collections.abc import Sequence
from itertools import groupby

from textual.content import Content

from host.values import Frame

# Explicit colours and never the theme's: a code in the wrong colours is not read (a camera cannot
# know which of two pixelss is the dark one). U+2580 is the upper half of a cell.
INK = "#000000 on #ffffff"
HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
QUIET = 2  # modules around the code; 4 is the standard's, 2 was read from every terminal tried
SMALLEST = 29  # pixels: 21 modules and their quiet zone at one pixel a module
DARKER = 128  # of 0 to 255
NARROWEST_QUIET = 1
FINDER = 7  # modules: the dark edge in the top left corner of every code

Modules = Sequence[Sequence[bool]]


def modules(frame: Frame) -> list[list[bool]]:
    """The code in a picture, one bool per module (True is dark), or [] when there is none.

    The picture is our own device's screen: upright, sharp, whole pixels per module, the code alone
    on a light square. So the first dark row of that square is the top edge of the code, and its
    first run of dark pixels is one finder wide.
    """
    square = _light_square(frame)
    for top, row in enumerate(square):
        if True in row:
            return _sampled(square, row.index(True), top)
    return []


def _light_square(frame: Frame) -> list[list[bool]]:
    """What lies below the picture's first long run of light pixels, to the end of its left edge."""
    rows = [
        [value < DARKER for value in frame.pixels[y * frame.width :][: frame.width]]
        for y in range(frame.height)
    ]
    for top, row in enumerate(rows):
        left, right = _longest_light(row)
        if right - left >= SMALLEST:
            return [line[left:right] for line in rows[top:] if not line[left]]
    return []


def _longest_light(row: list[bool]) -> tuple[int, int]:
    """From where to where the longest run of light pixels reaches."""
    runs = [(0, 0)]
    start = 0
    for is_dark, pixels in groupby(row):
        end = start + len(list(pixels))
        if not is_dark:
            runs.append((start, end))
        start = end
    return max(runs, key=lambda run: run[1] - run[0])


def _sampled(dark: list[list[bool]], left: int, top: int) -> list[list[bool]]:
    row = dark[top]
    run = next((at for at in range(left, len(row)) if not row[at]), len(row)) - left
    step, odd = divmod(run, FINDER)
    if odd or not step:
        return []
    # The other top corner is a finder too, so the last dark pixel of this row is the right edge.
    right = max(at for at, is_dark in enumerate(row) if is_dark) + 1
    side = (right - left) // step
    middle = step // 2
    if top + side * step > len(dark):
        return []
    return [
        [dark[top + y * step + middle][left + x * step + middle] for x in range(side)]
        for y in range(side)
    ]


def framed(code: Modules, quiet: int = QUIET) -> list[list[bool]]:
    """The code with its quiet zone."""
    wide = len(code) + 2 * quiet
    edge = [[False] * wide for _ in range(quiet)]
    return edge + [[False] * quiet + list(row) + [False] * quiet for row in code] + edge


def size(code: Modules, quiet: int = QUIET) -> tuple[int, int]:
    """Columns and rows of a terminal that the drawn code takes."""
    side = len(code) + 2 * quiet
    return side, (side + 1) // 2


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
