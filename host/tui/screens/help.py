"""All keys on one page, straight from the table."""

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import Where
from host.tui.screens.sheet import Sheet


class HelpScreen(Sheet):
    BINDINGS = actions.bindings(Where.SHEET)

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet tall") as sheet:
            sheet.border_title = "Keys"
            with VerticalScroll(can_focus=False):
                yield Static(_keys())
            yield self.keys(Where.SHEET)

    def action_leave(self) -> None:
        self.dismiss()

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)


def _keys() -> Content:
    return Content("\n").join(
        _place(where) for where in Where if where not in {Where.SHEET, Where.WELCOME}
    )


def _place(where: Where) -> Content:
    rows = (
        Content.assemble(
            (f"  {row.shown:<6}", "bold $accent"),
            f"{row.label:<17}",
            (f"{row.help}\n", "$secondary"),
        )
        for row in actions.rows(where)
    )
    return Content.assemble((f"{where.value}\n", "bold"), *rows)


SCREEN = HelpScreen
