"""A page that is a list to pick from, longer than the panel perhaps."""

from abc import abstractmethod

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from host.session.state import AppState
from host.tui.screens.page import WalletPage
from host.tui.widgets.rows import RowList


class PickPage(WalletPage):
    """`row` draws one, `count` and `index` say how many there are and which is picked.

    `empty` says it when there is nothing, and `hint` is a line below.
    """

    gap = 0

    def __init__(self) -> None:
        super().__init__()
        self._state = AppState()

    def compose(self) -> ComposeResult:
        yield Static(id="empty")
        yield RowList()
        yield Static(id="advice")

    @property
    @abstractmethod
    def count(self) -> int: ...

    @property
    @abstractmethod
    def index(self) -> int: ...

    @abstractmethod
    def row(self, index: int) -> Content: ...

    @abstractmethod
    def empty(self) -> str: ...

    def lines(self, _: int) -> int:
        """How many a row takes, where it has so many columns."""
        return 1

    def hint(self) -> Content:
        """Nothing, if the page has nothing to say."""
        return Content()

    def show(self, state: AppState) -> None:
        self._state = state
        rows, empty = self.query_one(RowList), self.query_one("#empty", Static)
        rows.display, empty.display = self.count > 0, self.count == 0
        if not self.count:
            empty.update(self.empty())
        rows.show(self.count, self.row, self.lines, self.gap)
        advice, hint = self.query_one("#advice", Static), self.hint()
        advice.update(hint)
        advice.display = bool(hint)
        self.call_after_refresh(rows.keep_in_sight, self.index)
