"""A screen drawn on the panel: 30 x 10 cells of 8 x 16 pixels."""

import re
import textwrap
from dataclasses import dataclass

from firmware_emu.paint.canvas import DARK, LIGHT, Canvas
from firmware_emu.paint.font import HEIGHT, WIDTH, glyph
from firmware_emu.paint.qr import QUIET_ZONE, modules, version_for
from firmware_emu.screens import COLUMNS, ROWS, Screen
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.dice import Dice
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.qr import Qr
from signer.review import Kind

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


def paint(screen: Screen) -> Canvas:
    """The panel, showing `screen`: its first line as a title, its last as the buttons.

    Raises ValueError for a QR code that cannot be shown whole.
    """
    canvas = Canvas(COLUMNS * WIDTH, ROWS * HEIGHT)
    if isinstance(screen, Qr):
        _code(canvas, screen)
    else:
        _text(canvas, screen)
    return canvas


def _text(canvas: Canvas, screen: Screen) -> None:
    look = _look(screen)
    title, *body, buttons = (*screen.lines(), *[""] * ROWS)[:ROWS]
    _write(canvas, 0, title.ljust(COLUMNS), look.title)
    for row, line in enumerate(body, start=1):
        _write(canvas, row, line.ljust(COLUMNS), look.body)
        _mark_picked(canvas, row, line, screen)
    canvas.fill(0, HEIGHT, canvas.width, 2, look.body.ground)  # the title ends here
    _write(canvas, ROWS - 1, buttons.ljust(COLUMNS), look.buttons)
    canvas.fill(0, (ROWS - 1) * HEIGHT, canvas.width, 1, _GREY)


def _code(canvas: Canvas, screen: Qr) -> None:
    """The code as large as the panel is high, dark on light with its quiet zone; text beside."""
    side = canvas.height
    rows = modules(screen.frame, version_for(screen.frames))
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
    part = f"{screen.index + 1}/{len(screen.frames)}" if len(screen.frames) > 1 else ""
    for row, line in enumerate((*words, "", part)[: ROWS - 1]):
        _write(canvas, row, line, _USUAL.body, column)
    done = screen.lines()[-1].strip()
    _write(canvas, ROWS - 1, done, _USUAL.buttons, COLUMNS - len(done))


def _look(screen: Screen) -> _Look:
    warns = isinstance(screen, Confirm) and screen.page.kind is Kind.WARNING
    alarms = isinstance(screen, Notice) and screen.is_alarm
    return _WARNING if warns or alarms else _USUAL


def _mark_picked(canvas: Canvas, row: int, line: str, screen: Screen) -> None:
    """The cursor as a bar, where text can only show it as a sign."""
    if isinstance(screen, Menu) and line.startswith("▸"):
        _write(canvas, row, line.ljust(COLUMNS), _USUAL.picked)
    if isinstance(screen, PinPad | Letters | Dice) and (picked := _CURSOR.search(line)):
        _write(canvas, row, f" {picked[1]} ", _USUAL.picked, picked.start())


_CURSOR = re.compile(r"\[(.+?)\]")


def _write(canvas: Canvas, row: int, text: str, colours: _Ink, column: int = 0) -> None:
    for at, sign in enumerate(text[: COLUMNS - column], start=column):
        canvas.stamp(at * WIDTH, row * HEIGHT, glyph(sign, colours.ink, colours.ground))
