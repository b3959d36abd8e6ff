"""The command palette: the keys of the app, and its themes, found by name."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

from textual import work
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.css.query import NoMatches
from textual.types import IgnoreReturnCallbackType

from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace


@runtime_checkable
class Stateful(Protocol):
    """An app that draws a state."""

    state: AppState


@runtime_checkable
class Themed(Protocol):
    """An app that remembers its theme."""

    def choose_theme(self, name: str) -> None: ...


class Commands(CommandPalette):
    """Textual's palette, which ends no app.

    Its list may be asked for a page before it has drawn a line, and its search may find the list
    gone when it was closed meanwhile.
    """

    @work(exclusive=True, group=CommandPalette._GATHER_COMMANDS_GROUP)  # noqa: SLF001 - its own
    async def _gather_commands(self, search_value: str) -> None:
        with suppress(NoMatches):
            await _gather(self, search_value)

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError, IndexError):  # a line that is not there yet: nothing to move to
            super()._action_command_list(action)


_gather: Callable[[Commands, str], Awaitable[None]] = CommandPalette._gather_commands.__wrapped__  # type: ignore[attr-defined]  # noqa: SLF001


THEMES = (
    ("dark", "Bright letters on a dark ground."),
    ("light", "Dark letters on a light ground."),
    ("high-contrast", "White and strong colours on black."),
    ("terminal", "The terminal's own two colours."),
)


@dataclass(frozen=True, slots=True)
class PaletteLine:
    """One line of the palette, what is said below it, and what it does."""

    name: str
    description: str
    run: IgnoreReturnCallbackType


class Keys(Provider):
    """The rows that work everywhere, then the themes; one that is chosen is remembered."""

    def _commands(self) -> Iterator[PaletteLine]:
        app = self.app
        missing = actions.missing(app.state) if isinstance(app, Stateful) else ()
        for row in actions.rows(KeyPlace.EVERYWHERE, missing):
            name = f"{row.label}  ({row.sign})"
            yield PaletteLine(name, row.help, partial(app.run_action, row.action))
        if isinstance(app, Themed):
            for theme, description in THEMES:
                name = f"Theme: {theme.replace('-', ' ')}"
                yield PaletteLine(name, description, partial(app.choose_theme, theme))

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(command.name, command.run, help=command.description)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(f"{command.name} {command.description}")
            if score > 0:
                name = matcher.highlight(command.name)
                yield Hit(score, name, command.run, help=command.description)
