import asyncio
from collections.abc import AsyncIterator
from random import Random  # noqa: TID251 - seeded

import pytest

from host.devnet import blocks
from host.devnet.network import Devnet
from host.devnet.node import DevnetNode
from host.p2p.blocks import Block
from host.p2p.filters import filter_hash
from host.p2p.messages import (
    MAGIC,
    MSG_BLOCK,
    MSG_TX,
    MSG_WITNESS_BLOCK,
    MSG_WITNESS_TX,
    MSG_WTX,
    FilterRange,
    GetHeaders,
    Item,
    PeerMessage,
    encode_headers,
    encode_items,
    parse_headers,
    parse_items,
)
from host.p2p.peer import Peer, PeerGone
from host.transactions import Transaction, TxOut
from signer.formats.cursor import Cursor
from tests.devnets import branch, call, clock, payment, wrongly_signed


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
async def devnet(notes: list[str]) -> AsyncIterator[Devnet]:
    async with Devnet(clock, note=notes.append) as devnet:
        yield devnet


@pytest.fixture
async def node(devnet: Devnet) -> DevnetNode:
    return devnet.node(0)


async def _hear(peer: Peer, command: str) -> bytes:
    async with asyncio.timeout(5):
        while (message := await peer.receive()).command != command:
            pass
        return message.payload


async def _ask(peer: Peer, question: str, payload: bytes, answer: str) -> bytes:
    peer.send(question, payload)
    return await _hear(peer, answer)


async def _agree(devnet: Devnet, tip: bytes) -> None:
    async with asyncio.timeout(5):
        async for status in devnet.watch():
            if {each.tip for each in status if each.alive} == {tip[::-1].hex()}:
                return


async def _is_well(node: DevnetNode) -> None:
    """Anybody can still talk to the node."""
    peer = await call(node.address)
    asked = GetHeaders((node.chain.hash_at(node.chain.height - 1),)).encode()
    headers = parse_headers(await _ask(peer, "getheaders", asked, "headers"))
    assert headers == (node.chain.header(node.chain.height),)
    await peer.close()


async def test_every_node_has_its_own_copy_of_the_chain(devnet: Devnet) -> None:
    nodes = [devnet.node(index) for index in range(3)]
    assert [node.chain.height for node in nodes] == [110] * 3
    assert len({id(node.chain._engine) for node in nodes}) == 3
    assert nodes[0].chain.coins == nodes[1].chain.coins == nodes[2].chain.coins


async def test_headers_come_from_the_fork_on_and_an_empty_answer_ends_them(
    node: DevnetNode,
) -> None:
    peer = await call(node.address)
    every = parse_headers(await _ask(peer, "getheaders", GetHeaders(()).encode(), "headers"))
    assert len(every) == 110
    asked = GetHeaders((node.chain.tip,)).encode()
    assert parse_headers(await _ask(peer, "getheaders", asked, "headers")) == ()
    await peer.close()


async def test_a_block_comes_with_or_without_its_witness_as_asked(node: DevnetNode) -> None:
    peer = await call(node.address)
    whole = node.chain.raw(node.chain.tip)
    for kind, longer in ((MSG_WITNESS_BLOCK, 36), (MSG_BLOCK, 0)):
        item = encode_items([Item(kind, node.chain.tip)])
        raw = await _ask(peer, "getdata", item, "block")
        assert Block.parse(raw).hash == node.chain.tip
        assert len(raw) == len(whole) - 36 + longer  # a coinbase's witness: marker, count, 32 zeros
    await peer.close()


async def test_what_nobody_has_is_said_to_be_not_found(node: DevnetNode) -> None:
    peer = await call(node.address)
    asked = [Item(kind, b"\7" * 32) for kind in (MSG_TX, MSG_WTX, MSG_BLOCK, 99)]
    missing = await _ask(peer, "getdata", encode_items(asked), "notfound")
    assert parse_items(missing) == tuple(asked)
    await peer.close()


async def test_filters_and_their_headers_are_those_of_the_chain(node: DevnetNode) -> None:
    chain, peer = node.chain, await call(node.address)
    asked = FilterRange(100, chain.tip).encode()
    peer.send("getcfilters", asked)
    for height in range(100, 111):
        cursor = Cursor(await _hear(peer, "cfilter"))
        assert cursor.uint(1) == 0
        assert cursor.take(32) == chain.hash_at(height)
        assert cursor.blob() == chain.filter(height)
        cursor.end()
    cursor = Cursor(await _ask(peer, "getcfheaders", asked, "cfheaders"))
    assert cursor.take(65) == b"\0" + chain.tip + chain.filter_header(99)
    hashes = [cursor.take(32) for _ in range(cursor.compact())]
    assert hashes == [filter_hash(chain.filter(height)) for height in range(100, 111)]
    checkpoints = await _ask(peer, "getcfcheckpt", b"\0" + chain.tip, "cfcheckpt")
    assert checkpoints == b"\0" + chain.tip + b"\0"
    await peer.close()


FIVE = bytes(5)
BAD_MESSAGES = {
    "another network": PeerMessage("ping", bytes(8)).encode(MAGIC["mainnet"]),
    "wrong checksum": PeerMessage("ping", bytes(8)).encode(MAGIC["regtest"])[:-1] + b"\1",
    "four gigabytes": MAGIC["regtest"] + b"block".ljust(12, b"\0") + b"\xff" * 8,
    "half a list": PeerMessage("inv", b"\5").encode(MAGIC["regtest"]),
    "half a block": PeerMessage("block", bytes(85)).encode(MAGIC["regtest"]),
    "half a transaction": PeerMessage("tx", FIVE).encode(MAGIC["regtest"]),
    "a filter nobody knows": PeerMessage("getcfilters", b"\7" * 37).encode(MAGIC["regtest"]),
    "headers without work": PeerMessage("headers", encode_headers([bytes(80)])).encode(
        MAGIC["regtest"]
    ),
}


@pytest.mark.parametrize("raw", BAD_MESSAGES.values(), ids=BAD_MESSAGES)
async def test_a_peer_that_breaks_the_protocol_is_dropped_and_the_node_lives(
    node: DevnetNode, raw: bytes
) -> None:
    peer = await call(node.address)
    if b"headers" in raw:
        parent = node.chain.tip
        header = bytes(4) + parent + bytes(44)
        raw = PeerMessage("headers", encode_headers([header])).encode(MAGIC["regtest"])
    peer._writer.write(raw)
    with pytest.raises(PeerGone):
        await _hear(peer, "never")
    await _is_well(node)


async def test_too_many_filters_at_once_drop_the_peer(node: DevnetNode, notes: list[str]) -> None:
    peer = await call(node.address)
    peer.send("getcfilters", FilterRange(111, node.chain.tip).encode())
    with pytest.raises(PeerGone):
        await _hear(peer, "cfilter")
    assert "Filters from 111 to 110" in notes[-1]


async def test_two_hundred_strangers_talk_nonsense_and_the_node_lives(node: DevnetNode) -> None:
    dice = Random(1)
    commands = ("inv", "getdata", "headers", "block", "tx", "getcfilters", "version", "xyz")
    for _ in range(200):
        peer = await call(node.address)
        noise = PeerMessage(dice.choice(commands), dice.randbytes(dice.randrange(120)))
        peer._writer.write(noise.encode(MAGIC["regtest"]) + dice.randbytes(dice.randrange(40)))
        await peer.close()
    await _is_well(node)


async def test_a_bad_block_drops_its_sender_and_changes_no_node(
    devnet: Devnet, node: DevnetNode, notes: list[str]
) -> None:
    tip, height = node.chain.tip, node.chain.height + 1
    greedy = TxOut(blocks.subsidy(height) + 1, b"\x51")
    bad = blocks.build(tip, height, clock(), greedy, ())
    peer = await call(node.address)
    peer.send("block", bad.encode())
    with pytest.raises(PeerGone):
        await _hear(peer, "never")
    assert [each.tip for each in devnet.status()] == [tip[::-1].hex()] * 3
    assert "breaks a rule" in notes[-1]


async def test_a_strangers_good_block_reaches_every_node(devnet: Devnet, node: DevnetNode) -> None:
    (block,) = branch(node.chain, depth=0, length=1)
    peer = await call(node.address)
    peer.send("headers", encode_headers([block.header]))
    assert parse_items(await _hear(peer, "getdata")) == (Item(MSG_WITNESS_BLOCK, block.hash),)
    peer.send("block", block.encode())
    await _agree(devnet, block.hash)
    await peer.close()


async def test_a_longer_branch_of_three_blocks_wins_on_every_node(devnet: Devnet) -> None:
    await devnet.mine(5)
    fork = branch(devnet.node(2).chain, depth=3, length=4)
    for block in fork:
        devnet.node(2).submit_block(block.encode())
    await _agree(devnet, fork[-1].hash)


async def test_a_payment_comes_back_into_the_mempools_when_its_block_loses(devnet: Devnet) -> None:
    txid = await devnet.fund("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", 50_000)
    assert [each.mempool for each in devnet.status()] == [()] * 3
    for block in branch(devnet.node(1).chain, depth=1, length=2):
        devnet.node(1).submit_block(block.encode())
    await _agree(devnet, block.hash)
    assert [each.mempool for each in devnet.status()] == [(txid,)] * 3
    await devnet.mine(1)
    assert [each.mempool for each in devnet.status()] == [()] * 3


async def test_a_payment_told_to_one_node_reaches_the_others_and_can_be_fetched(
    devnet: Devnet, node: DevnetNode
) -> None:
    transaction = payment(node.chain, node.mempool)
    teller, other = await call(node.address), await call(devnet.node(2).address)
    teller.send("inv", encode_items([Item(MSG_WTX, transaction.wtxid)]))
    wanted = parse_items(await _hear(teller, "getdata"))
    assert wanted == (Item(MSG_WTX, transaction.wtxid),)
    teller.send("tx", transaction.encode())
    told = parse_items(await _hear(other, "inv"))
    assert told == (Item(MSG_WTX, transaction.wtxid),)
    for item in (Item(MSG_WTX, transaction.wtxid), Item(MSG_WITNESS_TX, transaction.txid)):
        raw = await _ask(other, "getdata", encode_items([item]), "tx")
        assert Transaction.parse(raw) == transaction
    await teller.close()
    await other.close()


async def test_what_a_node_has_it_does_not_ask_for_again(node: DevnetNode) -> None:
    transaction = payment(node.chain, node.mempool)
    node.submit_transaction(transaction.encode())
    peer = await call(node.address)
    for item in (Item(MSG_WTX, transaction.wtxid), Item(MSG_TX, transaction.txid)):
        peer.send("inv", encode_items([item]))
    peer.send("ping", bytes(8))
    heard = []
    while "pong" not in heard:
        heard.append((await peer.receive()).command)
    assert "getdata" not in heard
    await peer.close()


async def test_a_bad_payment_is_refused_to_its_sender_in_words(
    devnet: Devnet, node: DevnetNode, notes: list[str]
) -> None:
    peer = await call(node.address)
    bad = wrongly_signed(payment(node.chain, node.mempool))
    answer = await _ask(peer, "tx", bad.encode(), "reject")
    assert b"does not satisfy the script" in answer
    assert answer.endswith(bad.txid)
    assert notes[-1].startswith(f"node 0 did not take {bad.name}.")
    assert [each.mempool for each in devnet.status()] == [()] * 3
    await peer.close()


async def test_whoever_asks_for_headers_by_sendheaders_hears_of_blocks_that_way(
    devnet: Devnet, node: DevnetNode
) -> None:
    modern, old = await call(node.address), await call(node.address)
    modern.send("sendheaders")
    asked = GetHeaders((node.chain.tip,)).encode()
    await _ask(modern, "getheaders", asked, "headers")
    await devnet.mine(1)
    announced = parse_headers(await _hear(modern, "headers"))
    assert announced == (node.chain.header(111),)
    assert parse_items(await _hear(old, "inv")) == (Item(MSG_BLOCK, node.chain.tip),)
    await modern.close()
    await old.close()


async def test_headers_that_follow_nothing_are_asked_about_a_few_times_only(
    node: DevnetNode,
) -> None:
    peer = await call(node.address)
    for _ in range(11):
        peer.send("headers", encode_headers([b"\7" * 80]))
    with pytest.raises(PeerGone):
        await _hear(peer, "never")
    await _is_well(node)
