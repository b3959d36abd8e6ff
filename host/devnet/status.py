"""A node as seen from outside. Light: the app shows it without loading the engine."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """For a dead node, `height`, `tip` and `mempool` are the last ones it had.

    `tip` and the txids in `mempool` are hex as people read them.
    """

    name: str
    address: str
    alive: bool
    height: int
    tip: str
    mempool: tuple[str, ...]


Status = tuple[NodeStatus, ...]
