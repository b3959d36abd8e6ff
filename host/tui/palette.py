"""The command palette: the keys of the app, found by name."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, runtime_checkable

from textual import work
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.css.query import NoMatches

from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace, KeyRow, Needs


@runtime_checkable
class Stateful(Protocol):
    """An app that draws a state."""

    state: AppState


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


class Keys(Provider):
    """The rows that work everywhere."""

    def _missing(self) -> frozenset[Needs]:
        return actions.missing(self.app.state) if isinstance(self.app, Stateful) else frozenset()

    async def discover(self) -> Hits:
        for row in actions.rows(KeyPlace.EVERYWHERE, self._missing()):
            yield DiscoveryHit(_name(row), self._run(row), help=row.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for row in actions.rows(KeyPlace.EVERYWHERE, self._missing()):
            score = matcher.match(f"{row.label} {row.help}")
            if score > 0:
                yield Hit(score, matcher.highlight(_name(row)), self._run(row), help=row.help)

    def _run(self, row: KeyRow):  # type: ignore[no-untyped-def]  # noqa: ANN202
        async def run() -> None:
            await self.app.run_action(row.action)

        return run


def _name(row: KeyRow) -> str:
    return f"{row.label}  ({row.sign})"
