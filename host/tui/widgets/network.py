"""The strip of the nodes, and how far the payment has spread over them."""

from textual.content import Content
from textual.widgets import Static

from host.tui.now import Now, Payment
from host.tui.scene import Node


class NetworkStrip(Static):
    """One line: each node, its height, its mempool, and the payment on its way."""

    def show(self, now: Now) -> None:
        parts: list[Content | str | tuple[str, str]] = []
        for node in now.nodes:
            parts += [node_line(node), "    "]
        self.update(Content.assemble(*parts, (spread_line(now.payment), "$accent")))


def node_line(node: Node) -> Content:
    """As in "node 0  ● 143  mempool 1"; that it is down is never said by colour alone."""
    if not node.alive:
        return Content.assemble(f"{node.name}  ", ("✗ stopped", "$text-error"))
    return Content.assemble(
        f"{node.name}  ",
        ("●", "$text-success"),
        f" {node.height}  mempool {len(node.mempool)}",
    )


def spread_line(payment: Payment | None) -> str:
    """As in "7d1f… announced 1, echoed 1", or nothing."""
    if payment is None or payment.spread is None:
        return ""
    spread = payment.spread
    told = f"announced {spread.announced}, echoed {spread.echoed}"
    return f"{spread.txid[:4]}… {told}"
