"""Honest peers on a bad day: they may be waited for or passed over, and are never called liars."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from host.backends.p2p import P2pBackend
from host.devnet import node as nodes
from host.devnet.chain import NodeChain
from host.devnet.network import Devnet
from host.devnet.node import DevnetNode, NodeOperator
from host.p2p.peer import Address
from host.p2p.standing import PeerMemory
from host.wallet import Wallet
from tests.devnets import branch, clock
from tests.nights import AT_NIGHT
from tests.wallets import paired, peers

LATENCY_S = 0.3


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet")


@pytest.fixture
async def loner(tmp_path: Path) -> AsyncIterator[DevnetNode]:
    """A node with a chain of its own, which talks to no other node."""
    operator = NodeOperator(note=lambda _: None, changed=lambda: None)
    node = DevnetNode("loner", NodeChain(tmp_path / "loner.sqlite3"), clock, operator)
    await node.start()
    yield node
    await node.stop()


def of(node: DevnetNode) -> tuple[str, int]:
    return node.address.host, node.address.port


def copy_blocks(source: DevnetNode, target: DevnetNode, height: int) -> None:
    for each in range(target.chain.height + 1, height + 1):
        raw = source.chain.raw(source.chain.hash_at(each))
        assert raw is not None
        target.submit_block(raw)


def liars(backend: P2pBackend) -> list[str]:
    return [problem.peer for problem in backend.view().problems if problem.lied]


async def synced(backend: P2pBackend, wallet: Wallet, height: int) -> None:
    async with asyncio.timeout(10):
        await backend.sync(wallet)
    assert wallet.tip_height == height
    assert not liars(backend)


@pytest.mark.parametrize("height", [0, 1, 60, 109])
async def test_a_peer_that_is_still_syncing_is_passed_over(
    devnet: Devnet, loner: DevnetNode, wallet: Wallet, tmp_path: Path, height: int
) -> None:
    copy_blocks(devnet.node(0), loner, height)
    backend = P2pBackend([of(loner), *peers(devnet)[:1]], "regtest", tmp_path / "headers")
    await synced(backend, wallet, 110)
    copy_blocks(devnet.node(0), loner, 110)
    await devnet.mine(1)
    await synced(backend, wallet, 111)
    await backend.close()


@pytest.mark.parametrize("depth", [1, 6, 30])
async def test_two_sides_of_a_reorganisation_are_both_honest(
    devnet: Devnet, loner: DevnetNode, wallet: Wallet, tmp_path: Path, depth: int
) -> None:
    node = devnet.node(0)
    copy_blocks(node, loner, 110)
    backend = P2pBackend([of(loner), of(node)], "regtest", tmp_path / "headers")
    await synced(backend, wallet, 110)
    for block in branch(loner.chain, depth, depth + 1):
        loner.submit_block(block.encode())
    assert loner.chain.height == 111
    await synced(backend, wallet, 111)
    await devnet.mine(3)  # now the first chain is the longer one again
    await synced(backend, wallet, 113)
    assert wallet.engine.latest_checkpoint().hash.serialize() == node.chain.tip
    await backend.close()


async def test_a_peer_that_failed_lately_is_believed_when_its_chain_has_more_work(
    devnet: Devnet, loner: DevnetNode, wallet: Wallet, tmp_path: Path
) -> None:
    copy_blocks(devnet.node(0), loner, 110)
    memory = PeerMemory(tmp_path / "headers", clock)
    memory.failed(Address(*of(loner)), "It was silent.")
    for block in branch(loner.chain, 1, 2):
        loner.submit_block(block.encode())
    backend = P2pBackend([of(loner), *peers(devnet)[:1]], "regtest", tmp_path / "headers")
    await synced(backend, wallet, 111)
    await backend.close()


async def test_a_peer_that_restarts_is_asked_again(
    devnet: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    backend = P2pBackend(peers(devnet)[:2], "regtest", tmp_path / "headers")
    await synced(backend, wallet, 110)
    for round_ in range(3):
        await devnet.kill(round_ % 2)
        await devnet.mine(1)
        await synced(backend, wallet, 111 + round_)
        await devnet.revive(round_ % 2)
    await backend.close()


async def test_a_peer_without_filters_is_passed_over(
    devnet: Devnet, loner: DevnetNode, wallet: Wallet, tmp_path: Path
) -> None:
    loner._version = lambda: nodes.Version(9, 0, 0, "/no filters/", 0)  # type: ignore[method-assign]
    backend = P2pBackend([of(loner), *peers(devnet)[:1]], "regtest", tmp_path / "headers")
    await synced(backend, wallet, 110)
    await backend.close()


@pytest.fixture
async def far_away() -> AsyncIterator[Callable[[Address], Awaitable[Address]]]:
    """Somebody in between who passes on everything LATENCY_S later."""
    servers: list[asyncio.Server] = []
    tasks = set[asyncio.Task[None]]()
    writers: list[asyncio.StreamWriter] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(1 << 16):
            loop.call_later(LATENCY_S, writer.write, data)
        loop.call_later(LATENCY_S, writer.close)

    async def place(address: Address) -> Address:
        async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            theirs, to_them = await asyncio.open_connection(address.host, address.port)
            writers.extend((writer, to_them))
            for pair in ((reader, to_them), (theirs, writer)):
                tasks.add(asyncio.create_task(carry(*pair)))

        servers.append(await asyncio.start_server(called, "127.0.0.1", 0))
        return Address(*servers[-1].sockets[0].getsockname()[:2])

    yield place
    for server in servers:
        server.close()
    for writer in writers:
        writer.transport.abort()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("company", [pytest.param(0, marks=AT_NIGHT), 1])
async def test_a_peer_far_away_is_waited_for(
    devnet: Devnet,
    wallet: Wallet,
    tmp_path: Path,
    far_away: Callable[[Address], Awaitable[Address]],
    company: int,
) -> None:
    near = devnet.node(0).address
    far = await far_away(near)
    listed = [(far.host, far.port), *peers(devnet)[:company]]
    backend = P2pBackend(listed, "regtest", tmp_path / "headers")
    async with asyncio.timeout(20):
        await backend.sync(wallet)
    assert wallet.tip_height == 110
    assert not liars(backend)
    await backend.close()
