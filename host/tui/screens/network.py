"""The newest block, the nodes one by one, and what peers have done wrong."""

from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from host.session import wording
from host.session.state import AppState, network_warning
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import NodeToggled, ProxyRequested
from host.tui.screens.page import WalletPage, pointed
from host.tui.widgets.network import node_line, propagation_line
from host.values import NetworkView, NodeStatus

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
        rows += _seen(state)
        self.query_one("#rows", Static).update(Content("\n\n").join(rows))
        news = network_warning(state) or propagation_line(state.payment)
        self.query_one("#advice", Static).update(pointed(state.problem or news))

    def watch_picked(self) -> None:
        if self.is_mounted:
            self.show(self._state)

    def action_pick(self, step: int) -> None:
        if self._state.nodes:
            self.picked = (self.picked + step) % len(self._state.nodes)

    def action_proxy(self) -> None:
        self.post_message(ProxyRequested())

    def action_copy(self) -> None:
        if self._state.nodes:
            self.copy(self._state.nodes[self.picked].tip)

    def action_switch(self) -> None:
        self.post_message(NodeToggled(self.picked))


def _seen(state: AppState) -> list[Content]:
    """What an ordinary wallet knows of its network, and the peers it does not ask."""
    view = state.wallet.network if state.wallet else NetworkView()
    rows = [Content(f"Connections go through {state.proxy}.")] if state.proxy else []
    if state.wallet and not state.playground:
        age = "" if view.tip_age_s is None else f", {wording.since(view.tip_age_s)}"
        rows.append(Content(f"Block {wording.grouped(state.wallet.height)}{age}"))
    for problem in view.problems:
        verdict = ("lied", "$text-error bold") if problem.lied else ("fails", "$text-warning")
        reason = (f"\n    {problem.reason} It is left alone for a while.", "$secondary")
        rows.append(Content.assemble(f"  {problem.peer}  ", verdict, reason))
    return rows


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
