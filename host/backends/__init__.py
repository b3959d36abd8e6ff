"""One module per way to see a chain."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from host.wallet import Wallet


@dataclass(frozen=True, slots=True)
class Propagation:
    """Who was told of a transaction, and who told it back: the proof that it spreads."""

    txid: str
    announced: tuple[str, ...]
    echoed: tuple[str, ...]
    peers_total: int


class Backend(Protocol):
    """A view of the network. Every method may raise NetworkError."""

    async def sync(self, wallet: Wallet) -> None:
        """Bring the wallet to the best chain its peers know."""
        ...

    async def broadcast(
        self, raw_tx: bytes, seen: Callable[[Propagation], None] | None = None
    ) -> Propagation:
        """Give a transaction to some peers and watch it come back from the others."""
        ...

    async def close(self) -> None: ...
