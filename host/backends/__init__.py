"""One module per way to see a chain. Each exposes BACKEND, a BackendKind."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from host import registry
from host.values import NetworkView, Sent
from host.wallet import Wallet


class Backend(Protocol):
    """A view of the network. Every method may raise NetworkError."""

    async def sync(self, wallet: Wallet) -> None:
        """Bring the wallet to the best chain that the other end knows."""
        ...

    def follow(self, wallet: Wallet) -> AsyncGenerator[int, None]:
        """The wallet's height, now and after each change of its chain, for as long as asked."""
        ...

    def view(self) -> NetworkView:
        """What is known of the network without asking it."""
        ...

    async def fee_floor(self) -> float:
        """The lowest fee in sat/vB that the other end passes on; 0 when it does not say."""
        ...

    async def broadcast(
        self, raw_tx: bytes, observer: Callable[[Sent], None] | None = None
    ) -> Sent:
        """Give a transaction to the network, and say how we know that it was taken.

        `observer` is called with what is known so far. Sending again is harmless.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class BackendKind:
    """A way to see a chain: `open(servers, network, folder)` gives a Backend.

    `servers` are hosts and ports. `folder` is the backend's own, and may be deleted at any time.
    """

    title: str
    open: Callable[[Sequence[tuple[str, int]], str, Path], Backend]


def names() -> tuple[str, ...]:
    """Every way to see a chain there is."""
    return registry.names(__path__)


def load(name: str) -> BackendKind:
    """The kind of that name. Raises TypeError when its module is half-made."""
    return registry.load(__name__, name, "BACKEND", BackendKind)
