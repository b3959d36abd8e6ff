"""Random keys and pastes while the world changes: a short run of `-m tests.fuzz.app_keys`."""

import pytest
from textual.command import CommandList, CommandPalette

from tests.fuzz.app_keys import Life, Step, key, lives, paste
from tests.gallery.app_shots import rest


@pytest.mark.parametrize("link", ["serial", "qr"])
@pytest.mark.parametrize(("step", "count"), [(key, 150), (paste, 40)])
async def test_no_key_and_no_paste_ends_the_app(step: Step, count: int, link: str) -> None:
    assert await lives(count, step, link) == []


@pytest.mark.parametrize("action", ["page_up", "page_down"])
async def test_a_page_of_commands_that_are_not_drawn_yet_is_no_error(action: str) -> None:
    life = Life("serial")
    async with life.app.run_test():
        await rest(life.app)
        life.app.action_command_palette()
        await rest(life.app)
        palette = life.app.screen
        assert isinstance(palette, CommandPalette)
        commands = palette.query_one(CommandList)
        commands.styles.height = 0  # as in a window of a few lines
        await rest(life.app)
        commands.clear_options()
        commands.add_options(["Pay", "Receive"])
        commands.highlighted = 0
        await palette.run_action(f"command_list({action!r})")
        await rest(life.app)


async def test_commands_that_are_closed_while_they_are_looked_for_are_no_error() -> None:
    life = Life("serial")
    async with life.app.run_test():
        await rest(life.app)
        life.app.action_command_palette()
        await rest(life.app)
        palette = life.app.screen
        assert isinstance(palette, CommandPalette)
        await palette.query_one(CommandList).remove()
        await palette._gather_commands("pay").wait()
