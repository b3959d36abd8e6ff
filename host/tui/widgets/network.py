"""The strip of the nodes, and how far the payment has spread over them."""

from textual.content import Content
from textual.widgets import Static

from host.session import wording
from host.session.state import AppState, PaymentProgress
from host.values import NodeStatus


class NetworkStrip(Static):
    """One line: each node, its height, its mempool, and the payment on its way."""

    def show(self, state: AppState) -> None:
        parts: list[Content | str | tuple[str, str]] = []
        for node in state.nodes:
            parts += [node_line(node), "    "]
        self.update(Content.assemble(*parts, (propagation_line(state.payment), "$accent")))


def node_line(node: NodeStatus) -> Content:
    """As in "node 0  ● 143  mempool 1"; that it is down is never said by colour alone."""
    if not node.alive:
        return Content.assemble(f"{node.name}  ", ("✗ stopped", "$text-error"))
    return Content.assemble(
        f"{node.name}  ",
        ("●", "$text-success"),
        f" {node.height}  mempool {len(node.mempool)}",
    )


def propagation_line(payment: PaymentProgress | None) -> str:
    """As in "7d1f… sent to 1 node, seen by 2 of 3", or nothing."""
    if payment is None or payment.sent is None:
        return ""
    return f"{payment.sent.txid[:4]}… {wording.proof_sentence(payment.sent.proof)}"
