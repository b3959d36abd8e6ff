"""The device's screen in letters, drawn as its panel draws it: bars, warnings, marks."""

from itertools import groupby

from textual.content import Content

from host.values import PanelView

COLUMNS, ROWS = 30, 10  # of the device's panel
LAST = ROWS - 1
BODY = ROWS - 2
SCROLL = ("▐", " ")  # the part that is seen, and the rest of a page of more views


def drawn(view: PanelView | None) -> Content:
    """The whole panel: COLUMNS letters, then the mark of where in the page this view is."""
    if view is None:
        return Content("\n".join([" " * (COLUMNS + 1)] * ROWS))
    lines = [line[:COLUMNS].ljust(COLUMNS) for line in (*view.lines, *[""] * ROWS)[:ROWS]]
    return Content("\n").join(
        Content.assemble(_row(view, row, line), _mark(view, row)) for row, line in enumerate(lines)
    )


def _row(view: PanelView, row: int, line: str) -> Content:
    bars = [_is_bar(view, row)] * COLUMNS
    letters = list(line)
    for picked_row, start, length in view.picked:
        if picked_row == row:
            bars[start : start + length] = [not bar for bar in bars[start : start + length]]
            _unbracket(letters, start, start + length - 1)
    if row == LAST:
        held = round(view.hold * COLUMNS)
        bars = [True] * held + [False] * (COLUMNS - held)
    pieces = groupby(zip(letters, bars, strict=True), key=lambda cell: cell[1])
    return Content.assemble(
        *(
            ("".join(letter for letter, _ in cells), "reverse" if bar else "")
            for bar, cells in pieces
        )
    )


def _is_bar(view: PanelView, row: int) -> bool:
    """The title is a bar; of a warning, it is all between title and buttons."""
    return (row == 0) is not view.inverted and row < LAST


def _unbracket(letters: list[str], first: int, last: int) -> None:
    """The bar says what the brackets say where there are no bars."""
    if letters[first] == "[" and letters[last] == "]":
        letters[first] = letters[last] = " "


def _mark(view: PanelView, row: int) -> str:
    seen, views = view.scroll
    first, last = seen * BODY // views, max((seen + 1) * BODY // views, seen * BODY // views + 1)
    return SCROLL[not (views > 1 and first <= row - 1 < last)]
