"""The command palette: the keys of the app, found by name."""

from textual.command import DiscoveryHit, Hit, Hits, Provider

from host.tui import actions
from host.tui.actions import Row, Where


class Keys(Provider):
    """The rows that work everywhere."""

    async def discover(self) -> Hits:
        for row in actions.rows(Where.EVERYWHERE):
            yield DiscoveryHit(_name(row), self._run(row), help=row.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for row in actions.rows(Where.EVERYWHERE):
            score = matcher.match(f"{row.label} {row.help}")
            if score > 0:
                yield Hit(score, matcher.highlight(_name(row)), self._run(row), help=row.help)

    def _run(self, row: Row):  # type: ignore[no-untyped-def]  # noqa: ANN202
        async def run() -> None:
            await self.app.run_action(row.action)

        return run


def _name(row: Row) -> str:
    return f"{row.label}  ({row.shown})"
