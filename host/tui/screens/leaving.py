"""The question before the app ends while something would be lost."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.screens.sheet import Sheet


class LeavingScreen(Sheet):
    """Says what would be lost, a sentence each."""

    BINDINGS = actions.bindings(KeyPlace.LEAVING)

    def __init__(self, losses: Sequence[str]) -> None:
        super().__init__()
        self._losses = losses

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "Leave Quietkey?"
            yield from (Static(f"{sentence}\n", markup=False) for sentence in self._losses)
            yield self.keys(KeyPlace.LEAVING)

    def action_leave(self) -> None:
        self.dismiss()

    def action_end(self) -> None:
        self.app.exit()


SCREEN = LeavingScreen
