"""The line on top and the line at the bottom."""

from textual.content import Content
from textual.widgets import Static

from host.session import wording
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace, KeyRow, Needs


class TopLine(Static):
    """Which network, how high, how many peers."""

    def show(self, state: AppState) -> None:
        right = _network(state)
        room = self.app.size.width - 2 - len(state.title) - len(right)
        self.update(
            Content.assemble((state.title, "bold"), " " * max(room, 1), (right, "$secondary"))
        )


def _network(state: AppState) -> str:
    synced = "no wallet yet" if state.wallet is None else ("synced" if state.synced else "syncing")
    if not state.playground:
        return f"{_height(state)} · {synced}" if state.height else synced
    if not state.nodes:
        return "" if state.broken else "starting"
    if not state.peers:
        return "no peers"
    peers = "1 peer" if state.peers == 1 else f"{state.peers} peers"
    return f"{_height(state)} · {peers} · {synced}"


def _height(state: AppState) -> str:
    """With the age of the newest block, when it is known."""
    age_s = state.wallet.network.tip_age_s if state.wallet else None
    return f"height {state.height}" + ("" if age_s is None else f", {wording.since(age_s)}")


class Foot(Static):
    """The keys that work now; those of the whole app can be clicked as well."""

    def show(self, place: KeyPlace, missing: frozenset[Needs]) -> None:
        offered = actions.fitting(actions.footer(place, missing), self.app.size.width - 2)
        self.update(Content.from_markup("  ".join(map(_markup, offered))))


def _markup(row: KeyRow) -> str:
    text = f"[b $accent]{row.sign}[/] {row.label}"
    return f"[@click=app.{row.action}]{text}[/]" if row.place is KeyPlace.EVERYWHERE else text
