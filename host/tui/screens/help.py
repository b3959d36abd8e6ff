"""All keys on one page, straight from the table."""

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import KeyPlace, Needs
from host.tui.screens.sheet import Sheet


class HelpScreen(Sheet):
    BINDINGS = actions.bindings(KeyPlace.SHEET)

    def __init__(self, missing: frozenset[Needs] = frozenset()) -> None:
        super().__init__()
        self._missing = missing

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet tall") as sheet:
            sheet.border_title = "Keys"
            with VerticalScroll(can_focus=False):
                yield Static(_keys(self._missing))
            yield self.keys(KeyPlace.SHEET)

    def action_leave(self) -> None:
        self.dismiss()

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)


def _keys(missing: frozenset[Needs]) -> Content:
    return Content("\n").join(
        _group(place, missing)
        for place in KeyPlace
        if place not in {KeyPlace.SHEET, KeyPlace.WELCOME, KeyPlace.ANSWER, KeyPlace.LEAVING}
        and actions.rows(place, missing)
    )


def _group(place: KeyPlace, missing: frozenset[Needs]) -> Content:
    rows = (
        Content.assemble(
            (f"  {row.sign:<6}", "bold $accent"),
            f"{row.label:<17}",
            (f"{row.help}\n", "$secondary"),
        )
        for row in actions.rows(place, missing)
    )
    return Content.assemble((f"{place.value}\n", "bold"), *rows)


SCREEN = HelpScreen
