"""A letter on every part that can have the keyboard: the letter goes there."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import JUMPS, KeyPlace

WIDE = 3  # columns of a mark, which covers nothing that is typed


class JumpScreen(ModalScreen[Widget | None], inherit_bindings=False):
    """Lies over what is seen, and is gone with the next key. Ends with the part, or None."""

    BINDINGS = actions.bindings(KeyPlace.JUMP)

    def __init__(self, targets: Sequence[Widget]) -> None:
        super().__init__()
        self._targets = targets[: len(JUMPS)]

    def compose(self) -> ComposeResult:
        for letter, target in zip(JUMPS, self._targets, strict=False):
            mark = Static(f" {letter} ", classes="jump", markup=False)
            corner = target.region.offset
            mark.styles.offset = max(corner.x - WIDE, 0), corner.y
            yield mark

    def action_jump(self, number: int) -> None:
        self.dismiss(self._targets[number] if number < len(self._targets) else None)

    def action_leave(self) -> None:
        self.dismiss(None)


SCREEN = JumpScreen
