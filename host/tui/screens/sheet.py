"""A page that lies over everything: its keys stand in its own last line."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import KeyPlace, Needs

Result = TypeVar("Result")


class Sheet(ModalScreen[Result], inherit_bindings=False):
    """No other key works while it is open."""

    def keys(self, place: KeyPlace) -> Static:
        """The line that names them."""
        return Static(self.line_of_keys(place), classes="keys")

    def line_of_keys(self, place: KeyPlace, missing: Collection[Needs] = ()) -> Content:
        """What it says."""
        parts = [
            Content.assemble((row.sign, "bold $accent"), f" {row.label}   ")
            for row in actions.rows(place, missing)
        ]
        return Content.assemble(*parts)


class LeavingScreen(Sheet[None]):
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
