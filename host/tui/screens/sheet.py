"""A page that lies over everything: its keys stand in its own last line."""

from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import KeyPlace


class Sheet(ModalScreen[None], inherit_bindings=False):
    """No other key works while it is open."""

    def keys(self, place: KeyPlace) -> Static:
        """The line that names them."""
        parts = [
            Content.assemble((row.sign, "bold $accent"), f" {row.label}   ")
            for row in actions.rows(place)
        ]
        return Static(Content.assemble(*parts), classes="keys")
