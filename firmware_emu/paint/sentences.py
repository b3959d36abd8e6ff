"""A screen as plain sentences, for who hears it read out or has a terminal that only prints.

Each page is whole: nothing is cut to a panel's width, and an address keeps its groups of four.
"""

import re
from collections.abc import Iterator

from firmware_emu.screens import Asking, Screen
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.dice import ENOUGH, Dice
from firmware_emu.screens.layout import GROUP, plain
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice, Question, Wait
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.qr import Qr
from firmware_emu.screens.text_pad import TextPad
from signer.review import Fact, Kind, Origin, Page, Shape

_NAMES = str.maketrans({"✓": "ok", "✗": "stop", "▸": " ", "◂": " "})


def sentences(screen: Screen) -> tuple[str, ...]:
    """What is to be read on `screen`, in printable ASCII; a folded page without what it folds."""
    return tuple(plain(" ".join(line.translate(_NAMES).split())) for line in _lines(screen))


def folded(page: Page) -> tuple[str, ...]:
    """What a folded page has besides its summary."""
    return tuple(map(_fact, page.facts)) if page.summary else ()


def choices(screen: Screen, word: str) -> tuple[str, ...]:
    """What can be typed on this screen; `word` is the yes where OK has to be held."""
    stop, ok = _labels(screen)
    hints: list[str] = []
    match screen:
        case Wait():
            return ()
        case PinPad():
            return ("Type the PIN, or a full stop to leave.",)
        case TextPad():
            return ("Type the text, or a full stop to leave.",)
        case Letters():
            hints = ["Type a word."]
        case Menu():
            hints = ["Type the number of one."]
        case Dice():
            hints = ["Type rolls, or ok to finish."]
        case Confirm(page=page, number=number):
            hints = ["Type more for the rest."] if page.summary else []
            hints += ["Type back for the page before."] if number > 1 else []
            hints.append(_yes(screen.yes, word if screen.needs_hold else "ok"))
        case Asking() if screen.asks_hold:
            hints = [_yes(ok, word)]
        case _:
            hints = [f"Type ok for: {ok}."]
    return (" ".join((*hints, *([f"Type stop for: {stop}."] if stop else ()))),)


def _yes(meaning: str, typed: str) -> str:
    return f"Type {typed} for: {'go on' if meaning == 'next' else meaning}."


def _labels(screen: Screen) -> tuple[str, str]:
    """What STOP and OK do here, as the panel names them; empty for a key that does nothing."""
    pieces = [piece.strip() for piece in re.split(r"\s{2,}|[◂▸]", screen.lines()[-1])]
    stop = pieces[0].removeprefix("✗ ") if pieces[0].startswith("✗") else ""
    ok = pieces[-1].removesuffix(" ✓") if pieces[-1].endswith("✓") else ""
    return stop, ok.removeprefix("hold: ")


def _lines(screen: Screen) -> Iterator[str]:
    match screen:
        case Confirm(page=page):
            yield from _page(screen, page)
        case (
            Notice(title=title, sentences=paragraphs) | Question(title=title, sentences=paragraphs)
        ):
            is_alarm = isinstance(screen, Notice) and screen.is_alarm
            yield f"{'Warning. ' if is_alarm else ''}{title}."
            yield from paragraphs
        case Wait(title=title, sentences=paragraphs):
            yield " ".join((f"{title.rstrip('.')}.", *paragraphs))
        case Menu(title=title, items=items):
            yield f"{title}."
            yield from (f"{number} {item}" for number, item in enumerate(items, 1))
        case Dice(rolls=rolls):
            yield "New wallet. Mix in dice rolls (optional)."
            yield f"Each adds 2.6 bits; {ENOUGH} are enough alone. {len(rolls)} of {ENOUGH} rolls."
        case (
            PinPad(title=title, note=note)
            | TextPad(title=title, note=note)
            | Letters(title=title, note=note)
        ):
            yield f"{title}."
            yield from filter(None, (note,))
        case Qr(title=title, frames=frames):
            yield f"{title}. A code for a camera; as text it says:"
            yield from frames
        case _:
            yield from filter(None, map(str.strip, screen.lines()[:-1]))


def _page(screen: Confirm, page: Page) -> Iterator[str]:
    alarm = "Warning. " if page.kind is Kind.WARNING else ""
    yield f"{alarm}{page.title}, page {screen.number} of {screen.total}."
    yield from map(_fact, page.summary or page.facts)


def _fact(fact: Fact) -> str:
    """A fact on one line. What the host claims is quoted and said to be its claim (threat T32)."""
    value = plain(fact.value)
    if fact.origin is Origin.HOST:
        quoted = f'"{value.replace("  ", " " + chr(92) + "x20")}"'
        return f"{plain(fact.label)} (host says) {quoted}" if fact.label else quoted
    if fact.shape is Shape.ADDRESS:
        value = " ".join(value[at : at + GROUP] for at in range(0, len(value), GROUP))
    return f"{plain(fact.label)} {value}".strip()
