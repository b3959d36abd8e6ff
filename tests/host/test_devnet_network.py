import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from host.devnet.network import Devnet
from host.devnet.storage.block_store import StoreUnusable
from host.errors import NetworkError
from host.loopback import LoopbackServer
from tests.devnets import STRANGER, branch, clock


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
async def devnet(notes: list[str]) -> AsyncIterator[Devnet]:
    async with Devnet(clock, note=notes.append) as devnet:
        yield devnet


def _heights(devnet: Devnet) -> list[int]:
    return [each.height for each in devnet.status()]


async def test_a_killed_node_falls_behind_and_catches_up_at_its_old_address(
    devnet: Devnet,
) -> None:
    address = devnet.peers[1]
    await devnet.kill(1)
    await devnet.mine(7)
    assert _heights(devnet) == [117, 110, 117]
    assert [each.alive for each in devnet.status()] == [True, False, True]
    await devnet.revive(1)
    assert _heights(devnet) == [117] * 3
    assert devnet.status()[1].address == address
    await devnet.mine(1)
    assert _heights(devnet) == [118] * 3


async def test_a_node_that_was_dead_during_a_reorg_follows_it_afterwards(devnet: Devnet) -> None:
    await devnet.mine(3)
    await devnet.kill(0)
    for block in branch(devnet.node(1).chain, depth=3, length=4):
        devnet.node(1).submit_block(block.encode())
    await devnet.revive(0)
    assert len({each.tip for each in devnet.status()}) == 1
    assert _heights(devnet) == [114] * 3


async def test_a_revived_node_learns_what_waits_in_the_mempools(devnet: Devnet) -> None:
    first = await devnet.fund(STRANGER, 10_000, mine=False)
    await devnet.kill(2)
    assert len(devnet.status()[2].mempool) == 1  # the last that was seen of it
    await devnet.revive(2)
    second = await devnet.fund(STRANGER, 20_000, mine=False)
    assert [each.mempool for each in devnet.status()] == [(first, second)] * 3


async def test_the_network_goes_on_with_one_node_and_says_so_with_none(devnet: Devnet) -> None:
    await devnet.kill(0)
    await devnet.kill(1)
    await devnet.mine(2)
    await devnet.fund(STRANGER, 10_000)
    assert _heights(devnet) == [110, 110, 113]
    await devnet.kill(2)
    for vain in (devnet.mine(1), devnet.fund(STRANGER, 10_000)):
        with pytest.raises(NetworkError, match="Start one first"):
            await vain
    await devnet.revive(2)
    await devnet.revive(0)
    await devnet.revive(1)
    assert _heights(devnet) == [113] * 3


async def test_killing_the_dead_and_reviving_the_living_are_refused(devnet: Devnet) -> None:
    with pytest.raises(NetworkError, match="alive already"):
        await devnet.revive(0)
    await devnet.kill(0)
    with pytest.raises(NetworkError, match="dead already"):
        await devnet.kill(0)
    for index in (-1, 3):
        with pytest.raises(NetworkError, match="nodes 0 to 2"):
            await devnet.kill(index)


async def test_a_payment_is_mined_by_itself_when_asked_for() -> None:
    async with Devnet(clock, auto_mine_s=0.01) as devnet:
        await devnet.fund(STRANGER, 10_000, mine=False)
        async with asyncio.timeout(5):
            async for status in devnet.watch():
                if all(each.height == 111 and not each.mempool for each in status):
                    break


async def test_a_kept_devnet_goes_on_where_it_was(tmp_path: Path) -> None:
    async with Devnet(clock, folder=tmp_path / "kept") as devnet:
        await devnet.mine(3)
        before = [(each.name, each.height, each.tip) for each in devnet.status()]
    async with Devnet(clock, folder=tmp_path / "kept") as devnet:
        assert [(each.name, each.height, each.tip) for each in devnet.status()] == before
        await devnet.fund(STRANGER, 10_000)
        assert _heights(devnet) == [114] * 3


async def test_a_transaction_no_block_can_take_does_not_stop_the_chain(
    devnet: Devnet, notes: list[str]
) -> None:
    node = devnet.node(0)
    txid = await devnet.fund(STRANGER, 10_000, mine=False)
    entry = next(iter(node.mempool))
    stolen = type(entry)(entry.transaction, entry.fee_sats + 1, entry.vsize)
    node.mempool._entries[entry.transaction.txid] = stolen  # a fee that is not there
    await devnet.mine(1)
    assert _heights(devnet) == [111] * 3
    assert "emptied its mempool" in notes[-1]
    assert txid in devnet.status()[1].mempool


async def test_requests_at_the_same_time_do_not_disturb_each_other(devnet: Devnet) -> None:
    funds = [devnet.fund(STRANGER, 10_000 + index) for index in range(5)]
    txids = await asyncio.gather(devnet.mine(3), *funds, devnet.kill(1), devnet.mine(2))
    assert len(set(txids[1:6])) == 5
    assert _heights(devnet)[0] == 110 + 3 + 5 + 2


async def test_a_folder_in_use_is_refused_and_its_devnet_goes_on(tmp_path: Path) -> None:
    async with Devnet(clock, nodes=1, folder=tmp_path) as first:
        with pytest.raises(StoreUnusable, match="Another devnet may be running"):
            async with Devnet(clock, nodes=2, folder=tmp_path):
                pass
        await first.mine(1)
        assert _heights(first) == [111]


async def test_a_node_whose_place_was_taken_says_so_and_can_be_revived_later(
    devnet: Devnet,
) -> None:
    port = int(devnet.peers[1].split(":")[1])
    await devnet.kill(1)
    squatter = LoopbackServer(lambda *_: None)
    await squatter.start(port)
    with pytest.raises(NetworkError, match="another program does"):
        await devnet.revive(1)
    await squatter.stop()
    await devnet.mine(1)
    await devnet.revive(1)
    assert _heights(devnet) == [111] * 3


async def test_the_nodes_listen_where_they_are_told_one_behind_the_other() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    async with Devnet(clock, 2, port=port) as net:
        assert net.peers == (f"127.0.0.1:{port}", f"127.0.0.1:{port + 1}")
        with pytest.raises(NetworkError, match="another program does"):
            async with Devnet(clock, 1, port=port):
                pass
