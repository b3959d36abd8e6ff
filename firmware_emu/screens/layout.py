"""Text that fits the panel: wrapping, groups of four, the line that names the buttons."""

import textwrap
from collections.abc import Iterable

from firmware_emu.screens import COLUMNS, ROWS

BODY = ROWS - 2  # between the title and the buttons
GROUP = 4


def buttons(stop: str = "", ok: str = "", middle: str = "") -> str:
    """The last line: what STOP does at the left, what OK does at the right."""
    left = f"✗ {stop}" if stop else ""
    right = f"{ok} ✓" if ok else ""
    room = COLUMNS - len(left) - len(right)
    return f"{left}{middle.center(room)}{right}"


def heading(title: str, right: str = "") -> str:
    """The first line: a title, and a place to say which part of the whole this is."""
    room = COLUMNS - len(right) - (1 if right else 0)
    return f"{plain(title)[:room].ljust(COLUMNS - len(right))}{right}".rstrip()


def wrap(text: str) -> tuple[str, ...]:
    """Whole words where possible; a longer word is cut, never dropped."""
    shown = plain(text)
    if " " not in shown:
        return cut(shown)  # 10 kB of data are one word, and would take tens of milliseconds
    return tuple(textwrap.wrap(shown, COLUMNS, break_on_hyphens=False)) or ("",)


def cut(text: str) -> tuple[str, ...]:
    """Every character in its place, spaces too, so that no two texts look the same."""
    return tuple(text[i : i + COLUMNS] for i in range(0, len(text), COLUMNS)) or ("",)


def wrap_exact(text: str) -> tuple[str, ...]:
    """Whole words where possible, and still no two texts look the same (threat T32).

    Only a single space is left out, at the end of a line that is shorter than the panel; a space
    after a space is written as its escape. So a reader can tell where each line was broken.
    """
    shown = plain(text).replace("  ", " \\x20")
    lines, start = [], 0
    while len(shown) - start > COLUMNS:
        end = shown.rfind(" ", start + 1, start + COLUMNS)
        stop = end if end > 0 else start + COLUMNS
        lines.append(shown[start:stop])
        start = stop + 1 if end > 0 else stop
    return (*lines, shown[start:])


def groups(text: str) -> tuple[str, ...]:
    """All of `text` in groups of four, as many as fit a line: made for comparing by eye."""
    parts = [text[i : i + GROUP] for i in range(0, len(text), GROUP)]
    per_line = (COLUMNS + 1) // (GROUP + 1)
    lines = (parts[i : i + per_line] for i in range(0, len(parts), per_line))
    return tuple(" ".join(line) for line in lines)


def plain(text: str) -> str:
    """Printable ASCII only; anything else is written as its escape, so no text can hide another.

    A host that names a payment with right-to-left marks or lookalike letters would otherwise
    draw what it likes beside the facts (threat T32). The backslash is escaped too, so that two
    different texts never look the same.
    """
    return "".join(_visible(c) for c in text)


def _visible(character: str) -> str:
    if character != "\\" and " " <= character <= "~":
        return character
    return f"\\u{ord(character):06x}" if ord(character) > 0xFF else f"\\x{ord(character):02x}"


def framed(title: str, body: tuple[str, ...], last: str) -> tuple[str, ...]:
    """A whole panel: the title, the body from the top, the buttons at the very bottom."""
    rows = (*body[:BODY], *[""] * (BODY - len(body)))
    return (title, *rows, last)


def flow(items: Iterable[str]) -> tuple[str, ...]:
    """Items side by side, on as many lines as they need."""
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) > COLUMNS:
            lines.append("")
        lines[-1] += item
    return tuple(lines)
