"""A page that is a list, longer than the panel perhaps."""

from abc import abstractmethod

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.screens.page import WalletPage


class ListPage(WalletPage):
    """`rows` gives the list; `empty` says it when there is nothing in it."""

    place = KeyPlace.LIST
    gap = "\n"
    BINDINGS = actions.bindings(KeyPlace.LIST)

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(id="rows")

    @abstractmethod
    def rows(self, state: AppState) -> list[Content]: ...

    @abstractmethod
    def empty(self, state: AppState) -> str: ...

    def show(self, state: AppState) -> None:
        rows = self.rows(state)
        content = Content(self.gap).join(rows) if rows else self.empty(state)
        self.query_one("#rows", Static).update(content)

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_page_up(self) -> None:
        self.query_one(VerticalScroll).scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        self.query_one(VerticalScroll).scroll_page_down(animate=False)
