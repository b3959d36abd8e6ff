"""A line to type or paste into."""

from textual import events
from textual.widgets import Input

from host.payees.payee import LONGEST_TEXT


class Field(Input):
    """An input that takes all lines of a paste: what is copied may be broken into several."""

    def _on_paste(self, event: events.Paste) -> None:
        # One letter more than can be meant, so that whoever reads it says that it is too long.
        line = " ".join(event.text[: LONGEST_TEXT + 1].split())
        self.replace(line, *self.selection)
        event.prevent_default()
        event.stop()
