"""^g marks every part that can have the keyboard with a letter, which goes there."""

from textual.widgets import Input

from host.tui.widgets.device import DeviceWidget
from tests.gallery.app_shots import PASTE
from tests.host.test_tui_records import at_the, funded


async def test_a_letter_leads_to_a_field_or_to_the_device() -> None:
    async with at_the(funded(), (120, 40)) as person:
        await person.does("p", "ctrl+g", "s", f"{PASTE}25k")
        amount = person.app.screen.query_one("#amount", Input)
        assert amount.has_focus
        assert amount.value == "25k", "the letter itself is typed nowhere"
        await person.does("ctrl+g", "f")
        assert isinstance(person.app.focused, DeviceWidget)
        await person.does("ctrl+g", "a")
        assert person.app.screen.query_one("#to", Input).has_focus


async def test_a_letter_that_marks_nothing_and_escape_stay() -> None:
    async with at_the(funded(), (120, 40)) as person:
        await person.does("p", "ctrl+g")
        for key in ("l", "escape"):
            await person.does(key)
            focused = person.app.focused
            assert isinstance(focused, Input)
            assert (focused.id, focused.value) == ("to", "")
            await person.does("ctrl+g")
