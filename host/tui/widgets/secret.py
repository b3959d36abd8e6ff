"""A line for what nobody may see."""

from textual.actions import SkipAction
from textual.message import Message
from textual.widgets import Input

from host.tui.widgets.field import Field


class SecretField(Field):
    """What is typed is dots, is copied nowhere and goes into no message: `take` has it, once."""

    class SecretTyped(Message):
        """The person is done with it."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual names it
        super().__init__(id=id, password=True, compact=True, select_on_focus=False)
        self.disable_messages(Input.Changed, Input.Submitted)  # their reprs have the text

    def take(self) -> str:
        """What was typed, which is gone from here."""
        text, self.value = self.value, ""
        return text

    async def action_submit(self) -> None:
        self.post_message(self.SecretTyped())

    def action_copy(self) -> None:
        """Not into the clipboard, which other programs read. Without a selection ctrl+c quits."""
        if not self.selected_text:
            raise SkipAction

    def action_cut(self) -> None:
        """As `action_copy`."""
