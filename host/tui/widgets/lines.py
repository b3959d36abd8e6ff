"""The line on top and the line at the bottom."""

from textual.content import Content
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import Row, Where
from host.tui.now import Now


class TopLine(Static):
    """Which network, how high, how many peers."""

    def show(self, now: Now, title: str) -> None:
        right = _network(now)
        room = self.app.size.width - 2 - len(title) - len(right)
        self.update(Content.assemble((title, "bold"), " " * max(room, 1), (right, "$secondary")))


def _network(now: Now) -> str:
    if not now.nodes:
        return "" if now.broken else "starting"
    if not now.peers:
        return "no peers"
    peers = "1 peer" if now.peers == 1 else f"{now.peers} peers"
    synced = "no wallet yet" if now.purse is None else ("synced" if now.synced else "syncing")
    return f"height {now.height} · {peers} · {synced}"


class Foot(Static):
    """The keys that work now; those of the whole app can be clicked as well."""

    def show(self, where: Where) -> None:
        offered = actions.fitting(actions.footer(where), self.app.size.width - 2)
        self.update(Content.from_markup("  ".join(map(_markup, offered))))


def _markup(row: Row) -> str:
    text = f"[b $accent]{row.shown}[/] {row.label}"
    return f"[@click=app.{row.action}]{text}[/]" if row.where is Where.EVERYWHERE else text
