"""The chain as its peers tell it: compact block filters (BIP157/158) by BDK's light client.

Peers learn which blocks were fetched and, of a payment, who first told of it; never which
addresses are ours. Payments are sent by our own client: BDK's calls a payment sent as soon as
its bytes are, and waits for ever for a peer that has it already.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from pathlib import Path

from host.backends import BackendKind, Surroundings
from host.config import DNS_SEEDS, wall_clock
from host.dialer import DIRECT, Dialer
from host.errors import NetworkError
from host.light_client.follower import Follower
from host.p2p.broadcast import broadcast
from host.p2p.fee_filter import fee_floor
from host.p2p.manager import PeerManager
from host.p2p.peer import Address, Way
from host.p2p.seeds import find_peers
from host.p2p.standing import PeerMemory
from host.servers.location import dialer, parse_all
from host.values import NetworkView, Sent
from host.wallet.scanned import ScannedWallet

# Without a word from the light client for so long, there is nothing to wait for.
PATIENCE_S = 20.0
MAX_ROUNDS = 5  # blocks that come while we catch up


class P2pBackend:
    """Peers of one network. Implements host.backends.Backend; use it in one event loop."""

    def __init__(
        self,
        peers: Sequence[tuple[str, int]],
        network: str,
        data_dir: Path,
        *,
        patience_s: float = PATIENCE_S,
        report: Callable[[str], None] = lambda _: None,
        dialer: Dialer = DIRECT,
    ) -> None:
        """`peers` are hosts and ports. `data_dir` holds headers, and what is remembered of peers.

        It may be deleted at any time. Without peers, those that the network's DNS seeds name are
        asked. `report` is told how far a look is, and that nobody answers. Raises NetworkError
        when there are no peers and no seeds.
        """
        self._report = report
        if not peers and not DNS_SEEDS[network]:
            raise NetworkError("There is no peer to ask. Name one, for example 127.0.0.1:18444.")
        addresses = dict.fromkeys(Address(host, port) for host, port in peers)
        memory = PeerMemory(data_dir, wall_clock)
        find = None if peers else partial(find_peers, network, dialer)
        way = Way(dialer)
        self.manager = PeerManager(tuple(addresses), network, memory, wall_clock, find, way)
        self._dialer = dialer
        self._network = network
        self._data_dir = data_dir
        self._patience_s = dialer.patience(patience_s)
        self._followers: dict[ScannedWallet, Follower] = {}

    async def sync(self, wallet: ScannedWallet) -> None:
        """Return when the wallet knows every block its peers know now. Raises NetworkError."""
        follower = await self._follower(wallet)
        for _ in range(MAX_ROUNDS):
            survey = await follower.survey()
            if follower.is_at(survey):
                return
            follower.wake()
            await follower.wait_until(
                lambda: follower.is_at(follower.latest or survey),  # noqa: B023
                self._patience_s,
            )

    async def follow(self, wallet: ScannedWallet) -> AsyncGenerator[int, None]:
        """The wallet's height, now and after each change, for as long as somebody asks.

        A network that falls silent is waited for: blocks take their time.
        """
        follower = await self._follower(wallet)
        while True:
            reported = follower.changes
            yield wallet.tip_height
            await follower.wait_until(lambda: follower.changes > reported, None)  # noqa: B023

    def view(self) -> NetworkView:
        """How old the newest block is, and which peers lied or fail."""
        return self.manager.view()

    async def fee_floor(self) -> float:
        """What at least half of the peers pass on, as they say themselves (BIP133)."""
        await self.manager.ensure_peers()
        peers = _pairs(self.manager.in_good_standing())
        return await fee_floor(peers, self._network, self.manager.way)

    async def fee_estimate(self, blocks: int) -> None:
        """Nodes have no word for it, and blocks alone do not say what waits."""

    async def waiting_fees(self) -> None:
        """Nodes do not tell (BIP35 names transactions, and few nodes answer it)."""

    async def broadcast(
        self, raw_tx: bytes, observer: Callable[[Sent], None] | None = None
    ) -> Sent:
        """Give a transaction to some peers and watch it come back from the others.

        Those who lied are asked only when it does not spread without them.
        """
        await self.manager.ensure_peers()
        believed, everybody = self.manager.in_good_standing(), self.manager.peers
        try:
            return await self._tell(raw_tx, believed, observer)
        except NetworkError:
            if len(believed) == len(everybody):
                raise
        return await self._tell(raw_tx, everybody, observer)

    async def _tell(
        self, raw_tx: bytes, peers: Sequence[Address], observer: Callable[[Sent], None] | None
    ) -> Sent:
        return await broadcast(raw_tx, _pairs(peers), self._network, observer, dialer=self._dialer)

    async def close(self) -> None:
        """Stop following. The wallets stay open."""
        for follower in self._followers.values():
            await follower.stop()
        self._followers.clear()

    async def _follower(self, wallet: ScannedWallet) -> Follower:
        for stale in [wallet for wallet in self._followers if self._is_stale(wallet)]:
            await self._followers.pop(stale).stop()
        if wallet not in self._followers:
            follower = Follower(wallet, self.manager, self._data_dir, self._report)
            self._followers[wallet] = follower
        return self._followers[wallet]

    def _is_stale(self, wallet: ScannedWallet) -> bool:
        """Whether its follower must go.

        On a closed wallet it would write beside the one that is open on the same folder; where
        somebody asks to look for coins again, it has looked already.
        """
        return wallet.closed or (self._followers[wallet].synced and not wallet.search.complete)


def _pairs(peers: Sequence[Address]) -> list[tuple[str, int]]:
    return [(peer.host, peer.port) for peer in peers]


def _open(location: str, surroundings: Surroundings) -> P2pBackend:
    """Raises BadInput, and NetworkError for a network without seeds."""
    peers = parse_all(location, "p2p:127.0.0.1:18444")
    way = dialer(surroundings.proxy, [host for host, _ in peers])
    return P2pBackend(
        peers, surroundings.network, surroundings.folder, report=surroundings.report, dialer=way
    )


BACKEND = BackendKind(
    "Bitcoin nodes with compact block filters",
    "Nodes learn which blocks you fetch and, without --proxy, where you connect from; not which"
    " addresses are yours.",
    {"p2p": _open},
)
