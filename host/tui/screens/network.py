"""The nodes one by one: stop one, start it again."""

from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from host.tui import actions, sentences
from host.tui.actions import Where
from host.tui.messages import NodeToggled
from host.tui.now import Now
from host.tui.scene import Node
from host.tui.screens.page import Page, pointed
from host.tui.widgets.network import node_line, spread_line

SHOWN_TXIDS = 4


class NetworkPage(Page):
    title = "Network"
    where = Where.NETWORK
    BINDINGS = actions.bindings(Where.NETWORK)
    picked: reactive[int] = reactive(0)

    def compose(self) -> ComposeResult:
        yield Static(id="rows")
        yield Static(id="advice")

    def on_mount(self) -> None:
        self._now = Now()

    def show(self, now: Now) -> None:
        self._now = now
        rows = [_node(node, at == self.picked) for at, node in enumerate(now.nodes)]
        self.query_one("#rows", Static).update(Content("\n\n").join(rows))
        self.query_one("#advice", Static).update(pointed(now.problem or spread_line(now.payment)))

    def watch_picked(self) -> None:
        if self.is_mounted:
            self.show(self._now)

    def action_pick(self, step: int) -> None:
        if self._now.nodes:
            self.picked = (self.picked + step) % len(self._now.nodes)

    def action_switch(self) -> None:
        self.post_message(NodeToggled(self.picked))


def _node(node: Node, picked: bool) -> Content:
    waiting = ", ".join(map(sentences.short, node.mempool[:SHOWN_TXIDS])) or "nothing"
    more = len(node.mempool) - SHOWN_TXIDS
    return Content.assemble(
        ("▸ " if picked else "  ", "$accent bold"),
        node_line(node),
        (f"  at {node.address}\n", "$secondary"),
        (f"    waiting there: {waiting}{f' and {more} more' if more > 0 else ''}", "$secondary"),
    )


PAGE = NetworkPage
