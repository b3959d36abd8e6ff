"""A page that is a list, longer than the panel perhaps."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import Where
from host.tui.now import Now
from host.tui.screens.page import Page


class ListPage(Page):
    """`rows` gives the list; `empty` is what is said when there is nothing in it."""

    where = Where.LIST
    empty = ""
    gap = "\n"
    BINDINGS = actions.bindings(Where.LIST)

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(id="rows")

    def rows(self, now: Now) -> list[Content]:
        raise NotImplementedError

    def show(self, now: Now) -> None:
        rows = self.rows(now)
        self.query_one("#rows", Static).update(Content(self.gap).join(rows) if rows else self.empty)

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_page_up(self) -> None:
        self.query_one(VerticalScroll).scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        self.query_one(VerticalScroll).scroll_page_down(animate=False)
