"""The chain as its peers tell it: compact block filters (BIP157/158) by BDK's light client.

Peers learn which blocks were fetched and, of a payment, who first told of it; never which
addresses are ours. Payments are sent by our own client: BDK's calls a payment sent as soon as
its bytes are, and waits for ever for a peer that has it already.
"""

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import bdkpython as bdk

from host.backends import BackendKind
from host.config import private_folder
from host.errors import NetworkError
from host.p2p.broadcast import ANONYMOUS, broadcast
from host.p2p.fee_filter import fee_floor
from host.p2p.messages import NODE_COMPACT_FILTERS, Version
from host.p2p.peer import Address, Peer, PeerGone
from host.values import Sent
from host.wallet import Wallet

MAX_CONNECTIONS = 2  # so that a block comes from the other one when one is slow or gone
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
HANDSHAKE_S, RESPONSE_S = 3.0, 10.0
# Without a word from the light client for so long, there is nothing to wait for.
PATIENCE_S = 20.0
# Addresses behind the last used one whose filters are looked at while coins are looked for.
RECOVERY_WINDOW = 1_000


_Build = Callable[[Wallet], "Awaitable[bdk.CbfComponents | None]"]


class P2pBackend:
    """Peers of one network. Implements host.backends.Backend; use it in one event loop."""

    def __init__(
        self,
        peers: Sequence[tuple[str, int]],
        network: str,
        data_dir: Path,
        *,
        patience_s: float = PATIENCE_S,
        response_s: float = RESPONSE_S,
    ) -> None:
        """`peers` are hosts and ports. `data_dir` holds headers, and may be deleted at any time.

        Raises NetworkError when there are no peers.
        """
        if not peers:
            raise NetworkError("There is no peer to ask. Name one, for example 127.0.0.1:18444.")
        self._peers = tuple(Address(host, port) for host, port in peers)
        self._network = network
        self._data_dir = data_dir
        self._patience_s = patience_s
        self._response_s = response_s
        self._followers: dict[Wallet, _Follower] = {}

    async def sync(self, wallet: Wallet) -> None:
        """Return when the wallet knows every block its peers know now. Raises NetworkError."""
        height = await self._best_height()
        follower = await self._follower(wallet)
        follower.wake()
        await follower.wait_until(
            lambda: follower.synced and wallet.tip_height >= height, self._patience_s
        )

    async def follow(self, wallet: Wallet) -> AsyncGenerator[int, None]:
        """The wallet's height, now and after each change, for as long as somebody asks.

        A network that falls silent is waited for: blocks take their time.
        """
        follower = await self._follower(wallet)
        while True:
            reported = follower.changes
            yield wallet.tip_height
            await follower.wait_until(lambda: follower.changes > reported, None)  # noqa: B023

    async def fee_floor(self) -> float:
        """What at least half of the peers pass on, as they say themselves (BIP133)."""
        return await fee_floor(self._pairs(), self._network)

    async def broadcast(
        self, raw_tx: bytes, observer: Callable[[Sent], None] | None = None
    ) -> Sent:
        """Give a transaction to some peers and watch it come back from the others."""
        return await broadcast(raw_tx, self._pairs(), self._network, observer)

    def _pairs(self) -> list[tuple[str, int]]:
        return [(peer.host, peer.port) for peer in self._peers]

    async def close(self) -> None:
        """Stop following. The wallets stay open."""
        for follower in self._followers.values():
            await follower.stop()
        self._followers.clear()

    async def _follower(self, wallet: Wallet) -> "_Follower":
        for stale in [wallet for wallet in self._followers if self._is_stale(wallet)]:
            await self._followers.pop(stale).stop()
        if wallet not in self._followers:
            self._followers[wallet] = _Follower(wallet, self._client)
        return self._followers[wallet]

    def _is_stale(self, wallet: Wallet) -> bool:
        """Whether its follower must go.

        On a closed wallet it would write beside the one that is open on the same folder; where
        somebody asks to look for coins again, it has looked already.
        """
        return wallet.closed or (self._followers[wallet].synced and not wallet.search.complete)

    async def _client(self, wallet: Wallet) -> "bdk.CbfComponents | None":
        """A light client with peers that answer just now; None when there is no such peer.

        It stops for good when it cannot have as many connections as it was told.
        """
        try:
            heights = await self._heights()
        except NetworkError:
            return None
        peers = [peer for address in heights for peer in await _bdk_peer(address)]
        if not peers:
            return None
        folder = private_folder(self._data_dir)
        builder = bdk.CbfBuilder().peers(peers).only_configured_peers().data_dir(str(folder))
        builder = builder.connections(min(len(peers), MAX_CONNECTIONS))
        builder = builder.configure_timeout_millis(
            int(HANDSHAKE_S * 1e3), int(self._response_s * 1e3)
        )
        return builder.scan_type(_scan(wallet)).build(wallet.engine)

    async def _best_height(self) -> int:
        """The height that most of the peers that answer have reached.

        One peer alone may say any number, and we would wait for its blocks for ever: of two in the
        middle, the lower one counts.
        """
        heights = sorted((await self._heights()).values())
        return heights[(len(heights) - 1) // 2]

    async def _heights(self) -> dict[Address, int]:
        """The peers that serve filters, and how many blocks each says it has.

        Raises NetworkError when no peer answers, or none of those that do serves filters.
        """
        answers = await asyncio.gather(*map(self._version, self._peers))
        versions = {
            address: version
            for address, version in zip(self._peers, answers, strict=True)
            if version is not None
        }
        if not versions:
            raise NetworkError(
                f"None of the {len(self._peers)} peers answers. Nothing was lost."
                " Check the connection and the peers' addresses, and try again."
            )
        heights = {
            address: version.height
            for address, version in versions.items()
            if version.services & NODE_COMPACT_FILTERS
        }
        if not heights:
            names = ", ".join(map(str, versions))
            raise NetworkError(
                f"No peer here serves compact block filters (BIP157): {names}. Nothing was lost."
                " Name one that does; Bitcoin Core does with blockfilterindex=1 and"
                " peerblockfilters=1."
            )
        return heights

    async def _version(self, address: Address) -> Version | None:
        try:
            peer = await Peer.connect(address, self._network, ANONYMOUS, HANDSHAKE_S)
        except PeerGone:
            return None
        await peer.close()
        return peer.version


class _Follower:
    """One light client for one wallet. It stops with its last peer; then a new one is made."""

    def __init__(self, wallet: Wallet, build: "_Build") -> None:
        self.synced = False
        self.changes = 0
        self._wallet = wallet
        self._build = build
        self._progress = (0, 0.0)
        self._wake = asyncio.Event()
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._run())

    async def wait_until(self, reached: Callable[[], bool], patience_s: float | None) -> None:
        """Wait as long as the light client has something to say. Raises NetworkError."""
        async with self._news:
            while not reached():
                if self._task.cancelled():
                    raise NetworkError("The network was disconnected. Nothing was lost. Try again.")
                if self._task.done():
                    self._task.result()
                try:
                    await asyncio.wait_for(self._news.wait(), patience_s)
                except TimeoutError as error:
                    raise NetworkError(
                        "The peers fell silent before the wallet was up to date. Nothing was lost."
                        " Check the connection and try again."
                    ) from error

    def wake(self) -> None:
        """A peer answers: do not wait any longer before trying again."""
        self._wake.set()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            await self._keep_going()
        finally:
            await self._tell()  # whoever waits must see how it ended

    async def _keep_going(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            earlier_changes = self.changes
            if components := await self._build(self._wallet):
                await self._until_it_stops(components)
            self.synced = False
            pause_s = (
                FIRST_PAUSE_S
                if self.changes > earlier_changes
                else min(2 * pause_s, LONGEST_PAUSE_S)
            )
            await self._pause(pause_s)

    async def _pause(self, pause_s: float) -> None:
        """Peers that refuse us are not hammered, unless somebody has just seen one alive."""
        self._wake.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), pause_s)

    async def _until_it_stops(self, components: "bdk.CbfComponents") -> None:
        watched = self._wallet.watched()
        components.node.run()
        listener = asyncio.create_task(self._listen(components.client))
        try:
            is_enough = True
            while is_enough:
                update = await components.client.update()
                self.synced = False  # until it is known that nothing was overlooked
                is_enough = self.synced = await self._take_in(update, watched)
                self.changes += 1
                await self._tell()
        except bdk.CbfError:
            return
        finally:
            listener.cancel()
            with suppress(bdk.CbfError):  # it has stopped already
                components.client.shutdown()

    async def _take_in(self, update: "bdk.Update", watched: tuple[int, int]) -> bool:
        """Whether this client looked for every address that may be used; if not, look again.

        It looks at each filter once, for the addresses it knew when it was made.
        """
        is_used_elsewhere = await asyncio.to_thread(self._wallet.apply, update)
        search = self._wallet.search
        margin = search.gap if is_used_elsewhere else 0
        revealed = self._wallet.revealed()
        if any(count + margin > known for count, known in zip(revealed, watched, strict=True)):
            if is_used_elsewhere:
                await asyncio.to_thread(self._wallet.search_again)
            return False
        if not search.complete:
            await asyncio.to_thread(self._wallet.finish_search)
        return True

    async def _listen(self, client: "bdk.CbfClient") -> None:
        """Whoever waits shall know that it goes on. Hearing the same again is no progress."""
        with suppress(bdk.CbfError):
            while True:
                info = await client.next_info()
                if not isinstance(info, bdk.Info.PROGRESS):
                    continue
                progress = (info.chain_height, info.filters_downloaded_percent)
                if progress > self._progress:
                    self._progress = progress
                    await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def _scan(wallet: Wallet) -> "bdk.ScanType":
    """From where the wallet stands; from the seed's birthday while its coins are looked for."""
    search = wallet.search
    if search.complete:
        return bdk.ScanType.SYNC()
    return bdk.ScanType.RECOVERY(max(search.gap, RECOVERY_WINDOW) + 1, _start(wallet))


def _start(wallet: Wallet) -> "bdk.RecoveryPoint":
    """The last known block before the seed can have received anything."""
    birthday = wallet.search.birthday
    if wallet.network != "mainnet":
        return bdk.RecoveryPoint.GENESIS_BLOCK()
    for day, height, block_hash in _MAINNET_BLOCKS:
        if birthday is not None and birthday >= day:
            known = bdk.BlockId(height=height, hash=bdk.BlockHash.from_string(block_hash))
            return bdk.RecoveryPoint.OTHER(known)
    if wallet.script == "tr":
        return bdk.RecoveryPoint.TAPROOT_ACTIVATION()
    return bdk.RecoveryPoint.SEGWIT_ACTIVATION()


# A day after each block, and the block: those that Bitcoin Core names for its snapshots.
_MAINNET_BLOCKS = (
    (date(2025, 9, 1), 910_000, "0000000000000000000108970acb9522ffd516eae17acddcb1bd16469194a821"),
    (date(2025, 2, 1), 880_000, "000000000000000000010b17283c3c400507969a9c2afd1dcf2082ec5cca2880"),
    (date(2024, 5, 1), 840_000, "0000000000000000000320283a032748cef8227873ff4872689bf23f1cda83a5"),
)


async def _bdk_peer(address: Address) -> "list[bdk.Peer]":
    try:
        addresses = await asyncio.get_running_loop().getaddrinfo(address.host, address.port)
    except OSError:
        return []
    ip = ipaddress.ip_address(addresses[0][4][0])
    if isinstance(ip, ipaddress.IPv4Address):
        ip_address = bdk.IpAddress.from_ipv4(*ip.packed)
    else:
        words = (ip.packed[i : i + 2] for i in range(0, 16, 2))
        ip_address = bdk.IpAddress.from_ipv6(*(int.from_bytes(word) for word in words))
    return [bdk.Peer(address=ip_address, port=address.port, v2_transport=False)]


BACKEND = BackendKind("Bitcoin nodes with compact block filters", P2pBackend)
