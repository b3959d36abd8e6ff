"""A screen drawn on the panel: 30 x 10 cells of 8 x 16 pixels."""

import re
import textwrap
from dataclasses import dataclass

from firmware_emu.paint.canvas import DARK, LIGHT, Canvas
from firmware_emu.paint.drawing import Drawing, draw
from firmware_emu.paint.font import HEIGHT, WIDTH, glyph
from firmware_emu.paint.qr import QUIET_ZONE
from firmware_emu.screens import COLUMNS, ROWS, Screen
from firmware_emu.screens.qr import Qr

_GREY = 160  # the buttons: there, but not what is to be read


@dataclass(frozen=True, slots=True)
class _Ink:
    ink: int
    ground: int


_ON_DARK = _Ink(LIGHT, DARK)
_ON_LIGHT = _Ink(DARK, LIGHT)


@dataclass(frozen=True, slots=True)
class _Look:
    title: _Ink
    body: _Ink
    picked: _Ink
    buttons: _Ink


_USUAL = _Look(title=_ON_LIGHT, body=_ON_DARK, picked=_ON_LIGHT, buttons=_Ink(_GREY, DARK))
# A warning or an alarm alone has a light body: it cannot be taken for the page before it.
_WARNING = _Look(title=_ON_DARK, body=_ON_LIGHT, picked=_ON_DARK, buttons=_ON_DARK)


def paint(screen: Screen, hold: float = 0.0) -> Canvas:
    """The panel, showing `screen`: its first line as a title, its last as the buttons.

    `hold` is how much of a long press has passed, 0 to 1. Raises ValueError for a QR code that
    cannot be shown whole.
    """
    canvas = Canvas(COLUMNS * WIDTH, ROWS * HEIGHT)
    drawing = draw(screen, hold)
    if isinstance(screen, Qr):
        _code(canvas, screen, drawing)
    else:
        _text(canvas, drawing)
    return canvas


def _text(canvas: Canvas, drawing: Drawing) -> None:
    look = _WARNING if drawing.is_inverted else _USUAL
    title, *body, buttons = drawing.lines
    _write(canvas, 0, title.ljust(COLUMNS), look.title)
    for row, line in enumerate(body, start=1):
        _write(canvas, row, line.ljust(COLUMNS), look.body)
    for span in drawing.picked:
        line = drawing.lines[span.row].ljust(COLUMNS)
        text = line[span.column :][: span.length]
        _write(canvas, span.row, _BRACKETS.sub(r" \1 ", text), look.picked, span.column)
    canvas.fill(0, HEIGHT, canvas.width, 2, look.body.ground)  # the title ends here
    _scroll_mark(canvas, drawing, look.body.ink)
    _write(canvas, ROWS - 1, buttons.ljust(COLUMNS), look.buttons)
    canvas.fill(0, (ROWS - 1) * HEIGHT, canvas.width, 1, _GREY)
    _bar(canvas, buttons, drawing.hold)


def _bar(canvas: Canvas, buttons: str, hold: float) -> None:
    """How long OK was held, from the left over the buttons."""
    width = round(hold * COLUMNS)
    _write(canvas, ROWS - 1, buttons.ljust(COLUMNS)[:width], _ON_LIGHT)


def _scroll_mark(canvas: Canvas, drawing: Drawing, grey: int) -> None:
    """Which part of the whole is seen, at the right edge; nothing where all is seen."""
    view, views = drawing.scroll
    if views > 1:
        top, room = HEIGHT + 2, (ROWS - 2) * HEIGHT - 2
        start = top + room * view // views
        canvas.fill(canvas.width - 1, start, 1, max(room // views, 2), grey)


def _code(canvas: Canvas, screen: Qr, drawing: Drawing) -> None:
    """The code as large as the panel is high, dark on light with its quiet zone; text beside."""
    side, rows = canvas.height, drawing.code
    scale = side // (len(rows) + 2 * QUIET_ZONE)
    if scale == 0:
        raise ValueError("The QR code is too large for the panel.")
    canvas.fill(0, 0, side, side, LIGHT)
    start = (side - len(rows) * scale) // 2
    for y, row in enumerate(rows):
        line = b"".join(bytes((DARK if dark else LIGHT,)) * scale for dark in row)
        canvas.stamp(start, start + y * scale, [line] * scale)
    _beside(canvas, screen, side // WIDTH + 1)


def _beside(canvas: Canvas, screen: Qr, column: int) -> None:
    words = textwrap.wrap(screen.title, COLUMNS - column)
    summary = textwrap.wrap(screen.summary, COLUMNS - column)
    for row, line in enumerate((*words, "", *summary)[: ROWS - 1]):
        _write(canvas, row, line, _USUAL.body, column)
    done = screen.lines()[-1].strip()
    _write(canvas, ROWS - 1, done, _USUAL.buttons, COLUMNS - len(done))


_BRACKETS = re.compile(r"^\[(.+)\]$")


def _write(canvas: Canvas, row: int, text: str, colours: _Ink, column: int = 0) -> None:
    for at, sign in enumerate(text[: COLUMNS - column], start=column):
        canvas.stamp(at * WIDTH, row * HEIGHT, glyph(sign, colours.ink, colours.ground))
