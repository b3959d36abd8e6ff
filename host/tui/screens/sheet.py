"""A page that lies over everything: its keys stand in its own last line."""

from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import Where


class Sheet(ModalScreen[None], inherit_bindings=False):
    """No other key works while it is open."""

    def keys(self, where: Where) -> Static:
        """The line that names them."""
        parts = [
            Content.assemble((row.shown, "bold $accent"), f" {row.label}   ")
            for row in actions.rows(where)
        ]
        return Static(Content.assemble(*parts), classes="keys")
