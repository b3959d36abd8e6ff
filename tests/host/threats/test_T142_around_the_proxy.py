"""T142: nothing goes around a proxy that was asked for, and no name is looked up here.

Every port that the wallet may want is a gate that notes where its callers come from. Whoever
connects without the proxy, be it our own code or BDK's, comes from a port that is not the proxy's.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from host import backends
from host.backends import Backend, Surroundings
from host.config import DNS_SEEDS
from host.devnet.network import Devnet
from host.dialer import Dialer, Proxy
from host.errors import BadInput, NetworkError
from host.p2p import seeds
from host.p2p.peer import Address
from host.wallet import Wallet
from tests.core import core
from tests.electrum import electrum
from tests.esplora import esplora, served
from tests.nights import AT_NIGHT
from tests.proxies import NO_PASSWORD, NONE_FITS, PASSWORD, Socks
from tests.wallets import STRANGER, paired, sign

SERVERS = {"electrum": electrum, "esplora": esplora, "core": core}
KINDS = ("p2p", *SERVERS)
every_kind = pytest.mark.parametrize("kind", KINDS)


@dataclass
class Gates:
    """Ports before the real ones. `callers` are the ports that calls came from."""

    stack: AsyncExitStack
    callers: set[int] = field(default_factory=set)
    ports: dict[str, int] = field(default_factory=dict)

    async def before(self, name: str, port: int) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.callers.add(writer.get_extra_info("peername")[1])
            theirs, out = await asyncio.open_connection("127.0.0.1", port)
            copies = (_copy(reader, out), _copy(theirs, writer))
            await asyncio.gather(*copies, return_exceptions=True)

        self.ports[name] = await self.stack.enter_async_context(served(serve))


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(1 << 16):
            sink.write(data)
    finally:
        sink.close()


@asynccontextmanager
async def gated(kind: str, devnet: Devnet) -> AsyncIterator[tuple[Gates, Callable[[bool], str]]]:
    """The gates, and the URL: by names that only the proxy knows, or by numbers."""
    async with AsyncExitStack() as stack:
        gates = Gates(stack)
        if kind == "p2p":
            for number, peer in enumerate(devnet.peers):
                await gates.before(f"node{number}.test", int(peer.rpartition(":")[2]))
            url = "p2p:{}"
        else:
            real = await stack.enter_async_context(SERVERS[kind](devnet))
            location = real.partition("?")[0]
            port = location.rpartition(":")[2]
            await gates.before("server.onion", int(port))
            url = real.replace(f"127.0.0.1:{port}", "{}")

        def address(is_named: bool) -> str:
            places = gates.ports.items()
            host = "{}" if is_named else "127.0.0.1"
            return url.format(",".join(f"{host.format(name)}:{port}" for name, port in places))

        yield gates, address


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were looked up on this machine."""
    names: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, *rest: object, **more: object) -> object:
        if host != "127.0.0.1":
            names.append(host)
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet")


def opened(url: str, folder: Path, proxy: str) -> Backend:
    return backends.open_url(url, Surroundings("regtest", folder / "cache", proxy=proxy))


async def does_everything(backend: Backend, wallet: Wallet, devnet: Devnet) -> None:
    """All that a backend can ask for."""
    await devnet.fund(wallet.next_address().address, 90_000)
    await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == 90_000
    await backend.fee_floor()
    await backend.fee_estimate(6)
    await backend.waiting_fees()
    draft = wallet.draft(STRANGER, 20_000, 2)
    sent = await backend.broadcast(wallet.finish(draft, sign(draft.psbt)).raw_tx)
    assert any(sent.txid in node.mempool for node in devnet.status())
    assert await anext(aiter(backend.follow(wallet)))


# The others go through a proxy by day in test_tunnel.py and test_core.py.
BY_DAY = {("p2p", False), ("esplora", False)}


@pytest.mark.parametrize(
    ("kind", "is_named"),
    [
        pytest.param(kind, is_named, marks=() if (kind, is_named) in BY_DAY else AT_NIGHT)
        for kind in KINDS
        for is_named in (True, False)
    ],
)
async def test_all_that_is_asked_and_sent_goes_through_it(
    kind: str, is_named: bool, devnet: Devnet, wallet: Wallet, tmp_path: Path, lookups: list[str]
) -> None:
    method = NO_PASSWORD if kind == "core" else PASSWORD  # one is as good as the other
    async with gated(kind, devnet) as (gates, address), Socks(gates.ports, method=method) as proxy:
        backend = opened(address(is_named), tmp_path, proxy.url)
        await does_everything(backend, wallet, devnet)
        await backend.close()
    assert set(proxy.users) == {""} if kind == "core" else all(proxy.users)
    assert gates.callers
    assert gates.callers <= proxy.outgoing, "somebody went around the proxy"
    assert lookups == []


@every_kind
@pytest.mark.parametrize("is_there", [False, True], ids=["gone", "for-others"])
async def test_without_it_nobody_is_asked(
    kind: str, is_there: bool, wallet: Wallet, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack, Socks({}, method=NONE_FITS) as proxy:
        gates = Gates(stack)
        await gates.before("server", 1)
        place = f"127.0.0.1:{gates.ports['server']}"
        url = f"{kind}:{'http://' if kind == 'esplora' else ''}{place}"
        backend = opened(url, tmp_path, proxy.url if is_there else "127.0.0.1:1")
        for question in (backend.sync(wallet), backend.fee_floor(), backend.broadcast(_ANY)):
            with pytest.raises(NetworkError, match=r"^No SOCKS5 proxy answers at 127\.0\.0\.1:"):
                await question
        await backend.close()
    assert gates.callers == set()


_ANY = bytes.fromhex(
    "02000000000101" + "11" * 32 + "00000000" "00" "fdffffff" "01" "e803000000000000"
    "160014" + "22" * 20 + "0101" "51" "00000000"
)  # fmt: skip


async def test_peers_cannot_link_a_payment_with_who_reads_the_chain(
    devnet: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    async with gated("p2p", devnet) as (gates, address), Socks(gates.ports) as proxy:
        backend = opened(address(True), tmp_path, proxy.url)
        await devnet.fund(wallet.next_address().address, 90_000)
        await backend.sync(wallet)
        await backend.fee_floor()
        reading = {host: set(proxy.users_of(host)) for host in gates.ports}
        calls = len(proxy.users)
        draft = wallet.draft(STRANGER, 20_000, 2)
        await backend.broadcast(wallet.finish(draft, sign(draft.psbt)).raw_tx)
        await backend.close()
        # A proxy that is looked for has one call more, which asks for nobody.
        paying = proxy.users[calls:]
    assert all(len(users) == 1 for users in reading.values()), "a peer, a circuit"
    assert len(set().union(*reading.values())) == len(gates.ports), "peers share none"
    assert len(set(paying)) == len(paying) >= len(gates.ports), "each has one of its own"
    assert not set(paying) & set().union(*reading.values())


@AT_NIGHT
async def test_seeds_are_looked_up_by_the_proxy(
    devnet: Devnet, wallet: Wallet, tmp_path: Path, lookups: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async with gated("p2p", devnet) as (gates, _), Socks(gates.ports) as proxy:
        names = tuple(gates.ports)[:1]
        monkeypatch.setitem(DNS_SEEDS, "regtest", names)
        backend = opened("p2p:", tmp_path, proxy.url)
        await backend.sync(wallet)
        await backend.close()
    assert {(host, port) for host, port in proxy.asked if host in names} == {(names[0], 18444)}
    others = {f"{host}:{port}" for host, port in proxy.asked if host not in names}
    assert others
    assert others <= set(devnet.peers), "those that the node behind the name tells of"
    assert gates.callers <= proxy.outgoing
    assert lookups == []


def test_every_way_to_see_a_chain_is_tried_here() -> None:
    assert set(backends.names()) == set(KINDS), "a new one needs a gate before its server"


async def test_onion_names_are_never_looked_up(lookups: list[str], tmp_path: Path) -> None:
    for url in ("p2p:x.onion:1", "electrum:X.ONION:1", "core:x.onion.:1", "esplora:http://x.onion"):
        with pytest.raises(BadInput, match="reached through Tor only"):
            opened(url, tmp_path, "")
    with pytest.raises(OSError, match="Tor only"):
        await Dialer().connect("a.onion", 1)
    assert await seeds.find_peers("mainnet", Dialer(Proxy("x", ())))
    assert lookups == []


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.0.1", "fe80::1"])
def test_a_stranger_names_nobody_beside_the_proxy(host: str) -> None:
    assert not seeds.is_public("mainnet", Address(host, 8333))
    assert seeds.is_public("mainnet", Address("9.9.9.9", 8333))


async def test_tor_is_where_it_usually_is() -> None:
    async with Socks({}) as proxy:
        await Dialer(Proxy("Tor", (("127.0.0.1", 1), ("127.0.0.1", proxy.port)))).check()


@AT_NIGHT
@every_kind
async def test_it_may_be_as_slow_as_tor(
    kind: str, devnet: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    delay_s = 1.0 if kind == "esplora" else 4.0  # of a call; Esplora is called for each question
    async with (
        gated(kind, devnet) as (gates, address),
        Socks(gates.ports, delay_s=delay_s) as proxy,
    ):
        backend = opened(address(True), tmp_path, proxy.url)
        await does_everything(backend, wallet, devnet)
        await backend.close()
