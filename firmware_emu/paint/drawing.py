"""What is to be seen of a screen, before anybody decides on pixels or on letters.

`paint` makes pixels of it, `cells` text with reverse video, the control socket JSON.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from firmware_emu.paint.qr import Modules, modules, version_for
from firmware_emu.screens import COLUMNS, ROWS, Paged, Screen
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.dice import Dice
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.qr import Qr
from firmware_emu.screens.text_pad import TextPad
from signer.review import Kind


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line that the cursor stands on, drawn as a bar."""

    row: int
    column: int
    length: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """ROWS `lines` of at most COLUMNS characters: a title, the body, the buttons.

    `is_inverted` is a warning, dark on light. `scroll` is the view that is seen, from 0, and how
    many there are. `hold` is how much of a long press has passed, 0 to 1: a bar over the buttons.
    `code` is a QR code, if there is one, that the lines stand beside.
    """

    lines: tuple[str, ...]
    is_inverted: bool = False
    picked: tuple[Span, ...] = ()
    scroll: tuple[int, int] = (0, 1)
    hold: float = 0.0
    code: Modules = ()


def draw(screen: Screen, hold: float = 0.0) -> Drawing:
    """What is to be seen of `screen` while OK is held for `hold` of the time it takes."""
    lines = tuple(line[:COLUMNS] for line in (*screen.lines(), *[""] * ROWS)[:ROWS])
    picked = tuple(
        span for row, line in enumerate(lines[1:-1], 1) for span in _picked(screen, row, line)
    )
    scroll = screen.scroll if isinstance(screen, Paged) else (0, 1)
    code = _code(screen) if isinstance(screen, Qr) else ()
    return Drawing(lines, _is_inverted(screen), picked, scroll, hold, code)


def _code(screen: Qr) -> Modules:
    return modules(screen.frame, screen.version or version_for(screen.frames))


def _is_inverted(screen: Screen) -> bool:
    if isinstance(screen, Confirm):
        return screen.page.kind is Kind.WARNING
    return isinstance(screen, Notice) and screen.is_alarm


def _picked(screen: Screen, row: int, line: str) -> Iterator[Span]:
    """Where the cursor is, which text alone can only show as a sign."""
    if isinstance(screen, Menu) and line.startswith("▸"):
        yield Span(row, 0, COLUMNS)
    if isinstance(screen, _WITH_CURSOR) and (found := _CURSOR.search(line)):
        yield Span(row, found.start(), found.end() - found.start())


_WITH_CURSOR = (PinPad, TextPad, Letters, Dice)
_CURSOR = re.compile(r"\[(?:.|[^ ]+)\]")  # one letter, which may be a bracket, or one word
