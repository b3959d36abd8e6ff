"""The paths on which the coins of a wallet can be spent: one is chosen for the next payment."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from host.spending import SpendingPath
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.screens.sheet import Sheet

DEFAULT = "The path with the fewest locks."


class PathsScreen(Sheet[int]):
    """Ends with the number of the path; 0 leaves it to the wallet."""

    BINDINGS = actions.bindings(KeyPlace.PATHS)

    def __init__(self, paths: Sequence[SpendingPath], number: int) -> None:
        super().__init__()
        self._sentences = (DEFAULT, *(path.sentence for path in paths))
        self._first = self._picked = number

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "Who signs, and when"
            with VerticalScroll(can_focus=False):
                yield from (Static(classes="path") for _ in self._sentences)
            yield self.keys(KeyPlace.PATHS)

    def on_mount(self) -> None:
        self.action_pick(0)

    def action_pick(self, step: int) -> None:
        self._picked = min(max(self._picked + step, 0), len(self._sentences) - 1)
        for number, row in enumerate(self.query(".path").results(Static)):
            is_picked = number == self._picked
            mark, style = ("▸ ", "bold") if is_picked else ("  ", "")
            row.update(Content.assemble((mark, "$accent bold"), (self._sentences[number], style)))
            if is_picked:
                row.scroll_visible(animate=False)

    def action_choose(self) -> None:
        self.dismiss(self._picked)

    def action_leave(self) -> None:
        self.dismiss(self._first)


SCREEN = PathsScreen
