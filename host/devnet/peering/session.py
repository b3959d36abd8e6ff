"""One conversation of a node: what this peer has been asked for, and what it has already."""

from dataclasses import dataclass, field

from host.p2p.messages import MAX_HEADERS
from host.p2p.peer import Address, Peer
from signer.errors import Malformed

MAX_NOTED = 100_000


@dataclass(slots=True, eq=False)
class PeerSession:
    """`address` is where the peer listens, known when it was called or has said so."""

    peer: Peer
    address: Address | None = None
    is_outbound: bool = False
    requested: set[bytes] = field(default_factory=set)
    heard_at: float = 0.0
    more_headers: bool = False
    loose_ends: int = 0
    inventory: set[bytes] = field(default_factory=set)

    def learn(self, *ids: bytes) -> None:
        """Note what the peer has. Forgetting is harmless: it may be told something twice."""
        if len(self.inventory) > MAX_NOTED:
            self.inventory.clear()
        self.inventory.update(ids)

    def expect(self, item_hash: bytes) -> None:
        """Note what was asked for. Raises Malformed when they only ever promise."""
        self.requested.add(item_hash)
        if len(self.requested) > 2 * MAX_HEADERS:
            raise Malformed("Blocks were promised and never sent.")
