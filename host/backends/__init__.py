"""One module per way to see a chain."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from host.p2p.broadcast import Propagation
from host.wallet import Wallet

__all__ = ["Backend", "Propagation"]


class Backend(Protocol):
    """A view of the network. Every method may raise NetworkError."""

    async def sync(self, wallet: Wallet) -> None:
        """Bring the wallet to the best chain its peers know."""
        ...

    def follow(self, wallet: Wallet) -> AsyncGenerator[int, None]:
        """The wallet's height, now and after each change of its chain, for as long as asked."""
        ...

    async def broadcast(
        self, raw_tx: bytes, seen: Callable[[Propagation], None] | None = None
    ) -> Propagation:
        """Give a transaction to some peers and watch it come back from the others."""
        ...

    async def close(self) -> None: ...
