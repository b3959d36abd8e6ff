"""Bad days on command: each typed line does to the network what it says."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from host.devnet.network import Devnet
from host.devnet.peering.lies import LIES
from host.devnet.steering import console
from host.errors import NetworkError
from host.p2p.fee_filter import fee_floor
from host.p2p.filters import filter_hash
from host.p2p.messages import (
    MSG_WITNESS_BLOCK,
    MSG_WTX,
    FilterRange,
    GetHeaders,
    Item,
    encode_items,
    parse_items,
)
from host.p2p.peer import Peer
from signer.formats.cursor import Cursor
from tests.devnets import STRANGER, call, clock, payment


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
async def devnet(notes: list[str]) -> AsyncIterator[Devnet]:
    async with Devnet(clock, note=notes.append) as devnet:
        yield devnet


async def typed(devnet: Devnet, *lines: str) -> list[str]:
    said: list[str] = []
    for line in lines:
        await console.perform(devnet, line, said.append)
    return said


def heights(devnet: Devnet) -> list[int]:
    return [node.height for node in devnet.status()]


def tips(devnet: Devnet) -> set[str]:
    return {node.tip for node in devnet.status()}


async def hear(peer: Peer, command: str, seconds: float = 5) -> bytes:
    async with asyncio.timeout(seconds):
        while (message := await peer.receive()).command != command:
            pass
        return message.payload


async def test_two_sides_of_a_partition_go_their_ways_and_the_longer_wins(devnet: Devnet) -> None:
    await typed(devnet, "partition 0|1,2", "mine 2 0", "mine 3 1")
    assert heights(devnet) == [112, 113, 113]
    assert len(tips(devnet)) == 2
    assert await typed(devnet, "heal") == []
    assert heights(devnet) == [113] * 3
    assert len(tips(devnet)) == 1


async def test_equal_branches_stay_apart_until_the_next_block(devnet: Devnet) -> None:
    await typed(devnet, "partition 0", "mine 1 0", "mine 1 2")
    (sentence,) = await typed(devnet, "heal")
    assert "equally long" in sentence
    await typed(devnet, "mine")
    assert heights(devnet) == [112] * 3
    assert len(tips(devnet)) == 1


async def test_a_payment_stays_on_its_side_of_a_partition(devnet: Devnet) -> None:
    await typed(devnet, "partition 0|1,2")
    await devnet.fund(STRANGER, 10_000, mine=False)
    assert [len(node.mempool) for node in devnet.status()] == [1, 0, 0]


@pytest.mark.parametrize("line", ["partition 0,1,2", "partition 0|0", "partition 7|1", "partition"])
async def test_a_partition_that_makes_no_sense_is_refused(devnet: Devnet, line: str) -> None:
    with pytest.raises(NetworkError, match="as in partition"):
        await typed(devnet, line)
    await typed(devnet, "mine")
    assert len(tips(devnet)) == 1


async def test_a_reorg_brings_a_payment_back_into_the_mempools(devnet: Devnet) -> None:
    txid = await devnet.fund(STRANGER, 10_000)
    await typed(devnet, "mine 2", "reorg 3")
    assert heights(devnet) == [114] * 3
    assert len(tips(devnet)) == 1
    assert [node.mempool for node in devnet.status()] == [(txid,)] * 3
    await typed(devnet, "reorg 1", "reorg 30", "mine")
    assert heights(devnet) == [117] * 3
    for line in ("reorg 0", "reorg 101"):
        with pytest.raises(NetworkError, match="can be undone"):
            await typed(devnet, line)


async def test_a_stale_node_stays_behind_until_it_is_honest(devnet: Devnet) -> None:
    await typed(devnet, "stale 0", "mine 2")
    assert heights(devnet) == [110, 112, 112]
    assert devnet.status()[0].conduct == "stale"
    await typed(devnet, "honest 0")
    assert heights(devnet) == [112] * 3
    assert devnet.status()[0].conduct == ""


async def test_a_slow_node_answers_late(devnet: Devnet) -> None:
    await typed(devnet, "slow 1 400")
    node = devnet.node(1)
    peer = await call(node.address)
    began = asyncio.get_running_loop().time()
    peer.send("getheaders", GetHeaders((node.chain.tip,)).encode())
    await hear(peer, "headers")
    assert asyncio.get_running_loop().time() - began > 0.39
    await peer.close()
    await typed(devnet, "mine", "honest 1", "mine")
    assert heights(devnet) == [112] * 3


async def test_a_lie_about_filters_hides_every_coin_and_fits_its_own_headers(
    devnet: Devnet,
) -> None:
    await typed(devnet, "lie 1 filters")
    chain, peer = devnet.node(1).chain, await call(devnet.node(1).address)
    request = FilterRange(100, chain.tip).encode()
    peer.send("getcfilters", request)
    cursor = Cursor(await hear(peer, "cfilter"))
    assert cursor.take(33)[1:] == chain.hash_at(100)
    assert cursor.blob() == b"\0"
    peer.send("getcfheaders", request)
    cursor = Cursor(await hear(peer, "cfheaders"))
    assert cursor.take(33)[1:] == chain.tip
    assert cursor.take(32) != chain.filter_header(99)
    assert [cursor.take(32) for _ in range(cursor.compact())] == [filter_hash(b"\0")] * 11
    peer.send("getcfcheckpt", b"\0" + chain.tip)
    assert (await hear(peer, "cfcheckpt"))[1:33] == chain.tip
    await peer.close()


async def test_a_lie_about_blocks_announces_and_never_delivers_and_stops_nobody(
    devnet: Devnet,
) -> None:
    await typed(devnet, "lie 0 blocks")
    node = devnet.node(0)
    peer = await call(node.address)
    peer.send("getdata", encode_items([Item(MSG_WITNESS_BLOCK, node.chain.tip)]))
    with pytest.raises(TimeoutError):
        await hear(peer, "block", seconds=0.3)
    await peer.close()
    await typed(devnet, "mine 2 1", "kill 2", "mine 1 1", "start 2")
    assert heights(devnet) == [113] * 3


async def test_a_lie_about_heights_boasts(devnet: Devnet) -> None:
    await typed(devnet, "lie 2 heights", "mine")
    peer = await call(devnet.node(2).address)
    assert peer.version.height == 1_000_000
    await peer.close()
    assert heights(devnet) == [111] * 3


async def test_a_lie_about_payments_keeps_them(devnet: Devnet) -> None:
    await typed(devnet, "lie 1 payments")
    transaction = payment(devnet.node(0).chain, devnet.node(0).mempool)
    peer = await call(devnet.node(1).address)
    peer.send("inv", encode_items([Item(MSG_WTX, transaction.wtxid)]))
    assert parse_items(await hear(peer, "getdata"))  # it takes it, and nobody hears of it
    peer.send("tx", transaction.encode())
    await devnet.fund(STRANGER, 20_000)
    assert [node.mempool for node in devnet.status()] == [()] * 3
    await peer.close()


async def test_a_silent_node_shakes_hands_and_says_nothing_more(devnet: Devnet) -> None:
    await typed(devnet, "lie 1 silent", "mine 2")
    assert heights(devnet) == [112, 110, 112]
    peer = await call(devnet.node(1).address)
    peer.send("getheaders", GetHeaders(()).encode())
    with pytest.raises(TimeoutError):
        await hear(peer, "headers", seconds=0.3)
    await peer.close()
    await typed(devnet, "honest 1", "mine")
    assert heights(devnet) == [113] * 3


async def test_a_lie_nobody_knows_is_answered_with_those_there_are(devnet: Devnet) -> None:
    for line in ("lie 1", "lie 1 colours"):
        with pytest.raises(NetworkError) as refused:
            await typed(devnet, line)
        assert all(kind in str(refused.value) for kind in LIES)


async def test_a_bit_that_turned_on_disk_is_named_and_healed_while_all_goes_on(
    devnet: Devnet, notes: list[str]
) -> None:
    await typed(devnet, "tamper 1 50")
    name = f"node 1: block 50 ({devnet.node(0).chain.hash_at(50)[::-1].hex()})"
    assert [note.startswith(name) for note in notes] == [True, True]
    assert devnet.node(1).chain.raw(devnet.node(1).chain.hash_at(50))
    with pytest.raises(NetworkError, match="blocks 1 to 110"):
        await typed(devnet, "tamper 1 111")


async def test_a_fee_spike_is_said_to_peers_and_empties_what_pays_less(devnet: Devnet) -> None:
    await devnet.fund(STRANGER, 10_000, mine=False)
    await typed(devnet, "fees 20")
    assert [node.mempool for node in devnet.status()] == [()] * 3
    peers = [(node.address.host, node.address.port) for node in devnet.living()]
    assert await fee_floor(peers, "regtest") == 20
    await devnet.fund(STRANGER, 10_000, mine=False)
    assert [len(node.mempool) for node in devnet.status()] == [1] * 3
    await typed(devnet, "fees 0.5")
    assert await fee_floor(peers, "regtest") == 0.5
    for line in ("fees 0", "fees", "fees nan", "fees x", "fees -3"):
        with pytest.raises(NetworkError):
            await typed(devnet, line)


async def test_all_mempools_forget_at_once(devnet: Devnet) -> None:
    txid = await devnet.fund(STRANGER, 10_000, mine=False)
    await typed(devnet, "forget")
    assert [node.mempool for node in devnet.status()] == [()] * 3
    again = await devnet.fund(STRANGER, 10_000, mine=False)
    assert again == txid  # the same coin, as if it had never been paid
    await typed(devnet, "mine")
    assert [node.mempool for node in devnet.status()] == [()] * 3
