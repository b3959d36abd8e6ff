"""The nodes one by one: stop one, start it again."""

from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from host.session import wording
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import NodeToggled
from host.tui.screens.page import WalletPage, pointed
from host.tui.widgets.network import node_line, propagation_line
from host.values import NodeStatus

SHOWN_TXIDS = 4


class NetworkPage(WalletPage):
    title = "Network"
    place = KeyPlace.NETWORK
    BINDINGS = actions.bindings(KeyPlace.NETWORK)
    picked: reactive[int] = reactive(0)

    def compose(self) -> ComposeResult:
        yield Static(id="rows")
        yield Static(id="advice")

    def on_mount(self) -> None:
        self._state = AppState()

    def show(self, state: AppState) -> None:
        self._state = state
        rows = [_node(node, index == self.picked) for index, node in enumerate(state.nodes)]
        self.query_one("#rows", Static).update(Content("\n\n").join(rows))
        self.query_one("#advice", Static).update(
            pointed(state.problem or propagation_line(state.payment))
        )

    def watch_picked(self) -> None:
        if self.is_mounted:
            self.show(self._state)

    def action_pick(self, step: int) -> None:
        if self._state.nodes:
            self.picked = (self.picked + step) % len(self._state.nodes)

    def action_switch(self) -> None:
        self.post_message(NodeToggled(self.picked))


def _node(node: NodeStatus, picked: bool) -> Content:
    waiting = ", ".join(map(wording.short, node.mempool[:SHOWN_TXIDS])) or "nothing"
    more = len(node.mempool) - SHOWN_TXIDS
    return Content.assemble(
        ("▸ " if picked else "  ", "$accent bold"),
        node_line(node),
        (f"  at {node.address}\n", "$secondary"),
        (f"    waiting there: {waiting}{f' and {more} more' if more > 0 else ''}", "$secondary"),
    )


PAGE = NetworkPage
