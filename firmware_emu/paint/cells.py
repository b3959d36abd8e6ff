"""A drawing as letters of a terminal: bars in reverse video, QR codes in half blocks."""

from dataclasses import dataclass
from itertools import groupby

from firmware_emu.paint.drawing import Drawing
from firmware_emu.paint.qr import QUIET_ZONE, Modules
from firmware_emu.screens import COLUMNS, ROWS

NARROW = 2  # light modules around a code, where there is no room for QUIET_ZONE of them
_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


@dataclass(frozen=True, slots=True)
class Run:
    """Letters side by side that look alike. `is_code` are black on white, whatever the theme."""

    text: str
    is_reversed: bool = False
    is_code: bool = False


Row = tuple[Run, ...]


def cells(drawing: Drawing) -> tuple[Row, ...]:
    """ROWS rows of COLUMNS letters, as `paint` draws them; a code is not among them."""
    return tuple(_row(drawing, row) for row in range(ROWS))


def code_cells(code: Modules, width: int, height: int) -> tuple[Row, ...]:
    """The code with its quiet zone as large as fits so many columns and rows; () if it does not.

    Two modules a letter, one above the other. A camera reads it black on white only.
    """
    room = min(width, 2 * height)
    if not code or room < len(code) + 2 * NARROW:
        return ()
    # Light modules cost nothing that a camera misses; half as many are read as well, just not 0.
    quiet = max(NARROW, min(QUIET_ZONE, (room - len(code)) // 2))
    scale = room // (len(code) + 2 * quiet)
    rows = [
        [dark for dark in row for _ in range(scale)]
        for row in _framed(code, quiet)
        for _ in range(scale)
    ]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return tuple(
        (Run("".join(_HALVES[pair] for pair in zip(*pair_rows, strict=True)), is_code=True),)
        for pair_rows in pairs
    )


def code_size(code: Modules) -> tuple[int, int]:
    """Columns and rows of the smallest drawing of a code."""
    side = len(code) + 2 * NARROW
    return side, (side + 1) // 2


def version_in(width: int, height: int) -> int:
    """The largest QR version whose code so many columns and rows hold; below 1 for none."""
    return (min(width, 2 * height) - 2 * NARROW - 17) // 4


def scroll_marks(drawing: Drawing) -> tuple[bool, ...]:
    """For each row, whether it stands for what is seen of more views; all False for one view."""
    view, views = drawing.scroll
    body = ROWS - 2
    first, last = view * body // views, max((view + 1) * body // views, view * body // views + 1)
    marks = tuple(views > 1 and first <= row < last for row in range(body))
    return (False, *marks, False)


def _framed(code: Modules, quiet: int) -> list[tuple[bool, ...]]:
    side = [False] * quiet
    edge = [(False,) * (len(code) + 2 * quiet)] * quiet
    return [*edge, *((*side, *row, *side) for row in code), *edge]


def _row(drawing: Drawing, row: int) -> Row:
    text = list(drawing.lines[row].ljust(COLUMNS))
    is_title, is_buttons = row == 0, row == ROWS - 1
    # As in pixels: the title is a bar, and a warning's body, which is all but its edges.
    reversed_ = [not drawing.is_inverted if is_title else drawing.is_inverted and not is_buttons]
    looks = reversed_ * COLUMNS
    for span in drawing.picked:
        if span.row == row:
            _unbracket(text, span.column, span.column + span.length - 1)
            for column in range(span.column, span.column + span.length):
                looks[column] = not looks[column]
    if is_buttons:
        width = round(drawing.hold * COLUMNS)
        looks = [column < width for column in range(COLUMNS)]
    pieces = groupby(zip(text, looks, strict=True), key=lambda cell: cell[1])
    return tuple(Run("".join(sign for sign, _ in piece), look) for look, piece in pieces)


def _unbracket(text: list[str], first: int, last: int) -> None:
    """The bar says what the brackets say where there are no bars."""
    if text[first] == "[" and text[last] == "]":
        text[first] = text[last] = " "
