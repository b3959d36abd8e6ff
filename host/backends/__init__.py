"""One module per way to see a chain. Each exposes BACKEND, a BackendKind."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from host import registry
from host.errors import BadInput
from host.fees import FeeEstimate
from host.values import NetworkView, Sent, WaitingFees
from host.wallet.scanned import ScannedWallet


class Backend(Protocol):
    """A view of the network. Every method may raise NetworkError."""

    async def sync(self, wallet: ScannedWallet) -> None:
        """Bring the wallet to the best chain that the other end knows."""
        ...

    def follow(self, wallet: ScannedWallet) -> AsyncGenerator[int, None]:
        """The wallet's height, now and after each change of its chain, for as long as asked."""
        ...

    def view(self) -> NetworkView:
        """What is known of the network without asking it."""
        ...

    async def fee_floor(self) -> float:
        """The lowest fee in sat/vB that the other end passes on; 0 when it does not say."""
        ...

    async def fee_estimate(self, blocks: int) -> FeeEstimate | None:
        """What a payment needs to be in one of the next `blocks`; None where nobody estimates."""
        ...

    async def waiting_fees(self) -> WaitingFees | None:
        """What waits in the other end's mempool; None when it does not tell."""
        ...

    async def broadcast(
        self, raw_tx: bytes, observer: Callable[[Sent], None] | None = None
    ) -> Sent:
        """Give a transaction to the network, and say how we know that it was taken.

        `observer` is called with what is known so far. Sending again is harmless.
        """
        ...

    async def close(self) -> None: ...


def _quietly(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a backend is opened with, whatever its kind.

    `folder` is the backend's own, and may be deleted at any time; `certificates` is a file that
    may not. `proxy` is "HOST:PORT" of a SOCKS5 proxy, or "". `report` is told in a sentence how
    far a long look is and that the connection was lost, and "" when all is well again.
    """

    network: str
    folder: Path
    certificates: Path | None = None
    proxy: str = ""
    report: Callable[[str], None] = _quietly


Open = Callable[[str, Surroundings], Backend]


@dataclass(frozen=True, slots=True)
class BackendKind:
    """A way to see a chain. `learns` says in a sentence what the other end learns of its user.

    `schemes` say how each kind of URL is opened: that of "esplora:https://example.org/api" is
    "esplora", and its function gets what follows the colon. It connects to nobody yet, and raises
    BadInput for a URL that it cannot use.
    """

    title: str
    learns: str
    schemes: Mapping[str, Open]


def kind_of(url: str) -> BackendKind:
    """The kind that a URL like "electrum+tls:example.org:50002" names. Raises BadInput."""
    scheme = url.partition(":")[0]
    for name in names():
        kind = load(name)
        if scheme in kind.schemes:
            return kind
    schemes = sorted(scheme for name in names() for scheme in load(name).schemes)
    raise BadInput(
        f"{url[:80]!r} names no server. Begin with one of {', '.join(schemes)},"
        " for example p2p:127.0.0.1:18444."
    )


def open_url(url: str, surroundings: Surroundings) -> Backend:
    """A view of the network through the server that `url` names. Raises BadInput."""
    scheme, _, location = url.partition(":")
    return kind_of(url).schemes[scheme](location, surroundings)


def names() -> tuple[str, ...]:
    """Every way to see a chain there is."""
    return registry.names(__path__)


def load(name: str) -> BackendKind:
    """The kind of that name. Raises TypeError when its module is half-made."""
    return registry.load(__name__, name, "BACKEND", BackendKind)
