"""The places of a network's nodes: who is alive, who reaches whom, what each looks like."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from host.devnet.node import DevnetNode
from host.errors import NetworkError
from host.values import NodeStatus


@dataclass(slots=True)
class NodeSlot:
    """A node's place in the network: it keeps its name, address and file when the node dies."""

    name: str
    file: Path
    port: int = 0
    node: DevnetNode | None = None
    last: NodeStatus | None = None

    @property
    def status(self) -> NodeStatus:
        """As it is now; when it is dead, as it last was."""
        if self.node is None:
            last = self.last or NodeStatus(self.name, "", False, 0, "", ())
            return replace(last, alive=False)
        chain, pool = self.node.chain, self.node.mempool
        waiting = tuple(entry.transaction.name for entry in pool)
        tip = chain.tip[::-1].hex()
        address, conduct = str(self.node.address), str(self.node.conduct)
        return NodeStatus(self.name, address, True, chain.height, tip, waiting, conduct)


class Roster:
    """All places, and the sides of a partition; without `groups`, all reach all."""

    def __init__(self, count: int, folder: Path, port: int) -> None:
        """`port` is the first node's; the others listen behind it, or anywhere for 0."""
        self.slots = [
            NodeSlot(f"node {index}", folder / f"node-{index}.sqlite3", port + index if port else 0)
            for index in range(count)
        ]
        self.groups: tuple[frozenset[int], ...] = ()

    def living(self) -> list[DevnetNode]:
        """The nodes that are alive, in their order."""
        return [slot.node for slot in self.slots if slot.node]

    def living_groups(self) -> list[list[DevnetNode]]:
        """The living nodes, as they reach each other."""
        if not self.groups:
            return [self.living()]
        members = [[self.slots[i].node for i in sorted(group)] for group in self.groups]
        return [[node for node in group if node] for group in members]

    def group_of(self, node: DevnetNode) -> list[DevnetNode]:
        """Whom this node reaches, itself included."""
        return next((group for group in self.living_groups() if node in group), [node])

    def split(self, groups: Sequence[frozenset[int]]) -> None:
        """Let no node reach another of a different group."""
        self.groups = tuple(groups)
        everywhere = {node.address for node in self.living()}
        for node in self.living():
            friends = {friend.address for friend in self.group_of(node)}
            node.neighbours.cut_off(everywhere - friends)

    def slot_of(self, node: DevnetNode) -> NodeSlot | None:
        """Its place; None when it has left it."""
        return next((slot for slot in self.slots if slot.node is node), None)

    def find(self, index: int) -> NodeSlot:
        """A place by its number. Raises NetworkError."""
        if not 0 <= index < len(self.slots):
            raise NetworkError(f"There are nodes 0 to {len(self.slots) - 1}, and no {index}.")
        return self.slots[index]
