"""Who may be believed, decided on what real nodes and liars say."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.errors import NetworkError
from host.light_client.facts import Checkpoints
from host.p2p import filters
from host.p2p.blocks import Block
from host.p2p.manager import PeerManager, PeersContradict
from host.p2p.peer import Address
from host.p2p.standing import FILE, FIRST_FAILURE_S, LIE_S, LONGEST_FAILURE_S, PeerMemory, Standing
from host.wallet import Wallet
from tests.devnets import STRANGER, clock
from tests.hostile_peers.kinds import FILTERS_AND_HEADERS, KINDS, _lying_filters
from tests.hostile_peers.peer import HostilePeer, Kind
from tests.hostile_peers.trial import BECH32, COIN
from tests.wallets import opened, paired, sign

PEER = Address("192.0.2.1", 8333)
Listener = Callable[[Kind], Awaitable[tuple[str, int]]]


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[Devnet]:
    async with Devnet(clock, 1, tmp_path / "net") as devnet:
        yield devnet


@pytest.fixture
async def hostile(lone: Devnet) -> AsyncIterator[Listener]:
    peers: list[HostilePeer] = []

    async def start(kind: Kind) -> tuple[str, int]:
        peers.append(await HostilePeer(lone.node(0), kind).start())
        return peers[-1].address.host, peers[-1].address.port

    yield start
    for peer in peers:
        await peer.stop()


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet")


def honest(devnet: Devnet) -> tuple[str, int]:
    address = devnet.node(0).address
    return address.host, address.port


def liars(backend: P2pBackend) -> list[str]:
    return [problem.peer for problem in backend.view().problems if problem.lied]


def named(pair: tuple[str, int]) -> str:
    return "{}:{}".format(*pair)


async def test_what_a_liar_served_alone_is_put_right_when_an_honest_peer_comes(
    lone: Devnet, hostile: Listener, wallet: Wallet, tmp_path: Path
) -> None:
    await lone.fund(BECH32, COIN)
    liar = await hostile(KINDS["the same with matching headers"])
    alone = P2pBackend([liar], "regtest", tmp_path / "headers")
    await alone.sync(wallet)
    await alone.close()
    if wallet.balance().confirmed_sats:
        pytest.skip("the filter of the lie matched by chance (BIP158: one script in 784,931)")
    wallet.close()
    again = opened(tmp_path / "wallet")
    both = P2pBackend([liar, honest(lone)], "regtest", tmp_path / "headers")
    await both.sync(again)
    await both.close()
    assert again.balance().confirmed_sats == COIN
    assert liars(both) == [named(liar)]


async def test_peers_that_nobody_named_are_looked_for_and_others_once_none_answers(
    lone: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    names = [[Address("127.0.0.1", 1)], [lone.node(0).address]]

    async def find() -> list[Address]:
        return names.pop(0)

    manager = PeerManager((), "regtest", PeerMemory(tmp_path, clock), clock, find)
    checkpoints = await asyncio.to_thread(Checkpoints, wallet)
    with pytest.raises(NetworkError, match="The peer does not answer"):
        await manager.survey(checkpoints, dict)
    survey = await manager.survey(checkpoints, dict)
    assert survey.peers == (lone.node(0).address,)
    assert not names


async def test_a_lie_far_below_the_tip_is_found_too(
    lone: Devnet, hostile: Listener, wallet: Wallet, tmp_path: Path
) -> None:
    await lone.fund(BECH32, COIN)
    await lone.mine(150)
    backend = P2pBackend([honest(lone)], "regtest", tmp_path / "headers")
    await backend.sync(wallet)
    await backend.close()
    liar = await hostile(KINDS["the same with matching headers"])
    both = P2pBackend([liar, honest(lone)], "regtest", tmp_path / "headers")
    await both.sync(wallet)
    await both.close()
    assert liars(both) == [named(liar)]
    assert "filter of block 111 is wrong" in both.view().problems[0].reason
    assert wallet.balance().confirmed_sats == COIN


async def test_a_liar_is_remembered_in_the_next_run_and_named_when_it_is_alone(
    lone: Devnet, hostile: Listener, wallet: Wallet, tmp_path: Path
) -> None:
    await lone.fund(BECH32, COIN)
    liar = await hostile(KINDS["headers without work"])
    for peers in ([liar, honest(lone)], [honest(lone), liar]):
        backend = P2pBackend(peers, "regtest", tmp_path / "headers")
        await backend.sync(wallet)
        await backend.close()
        assert liars(backend) == [named(liar)]
    alone = P2pBackend([liar], "regtest", tmp_path / "headers")
    with pytest.raises(NetworkError, match=f"these lied: {named(liar)}"):
        await alone.sync(wallet)
    await alone.close()


def _with_something_more(block: Block, true_filter: bytes) -> bytes:
    """All that the block pays to, and another script in the place of one that it spends."""
    spends = len(block.transactions) - 1
    if not spends:
        return true_filter
    scripts = [out.script_pubkey for tx in block.transactions for out in tx.outputs]
    return filters.basic_filter(block.hash, scripts, [b"\x51\x20" + bytes(32)])


async def test_where_the_block_does_not_decide_nothing_is_claimed(
    lone: Devnet, hostile: Listener, wallet: Wallet, tmp_path: Path
) -> None:
    await lone.fund(BECH32, COIN)
    liar = await hostile(Kind(partial(_lying_filters, _with_something_more, FILTERS_AND_HEADERS)))
    backend = P2pBackend([liar, honest(lone)], "regtest", tmp_path / "headers")
    with pytest.raises(PeersContradict, match="about block 111, and the block does not say") as no:
        await backend.sync(wallet)
    assert named(liar) in str(no.value)
    assert named(honest(lone)) in str(no.value)
    assert backend.view().alarm == str(no.value)
    assert not liars(backend)
    await backend.close()


async def test_a_payment_is_sent_also_when_the_only_honest_peer_is_taken_for_a_liar(
    lone: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    await lone.fund(BECH32, 100 * COIN)
    backend = P2pBackend([honest(lone)], "regtest", tmp_path / "headers")
    await backend.sync(wallet)
    await backend.close()
    draft = wallet.draft(STRANGER, 25_000, 1)
    raw_tx = wallet.finish(draft, sign(draft.psbt)).raw_tx
    both = P2pBackend([("127.0.0.1", 1), honest(lone)], "regtest", tmp_path / "headers")
    both.manager.lied(lone.node(0).address, "It did not.")
    sent = await both.broadcast(raw_tx)
    await both.close()
    assert [status.mempool for status in lone.status()] == [(sent.txid,)]


# What is remembered


class Time:
    def __init__(self) -> None:
        self.now = 1_700_000_000

    def __call__(self) -> int:
        return self.now


def test_a_lie_counts_for_a_day_and_is_on_disk(tmp_path: Path) -> None:
    time = Time()
    PeerMemory(tmp_path, time).lied(PEER, "Its filter is wrong.")
    memory = PeerMemory(tmp_path, time)
    assert memory.of(PEER) == Standing(time.now + LIE_S, "Its filter is wrong.", lied=True)
    memory.failed(PEER, "It is slow, too.")
    assert memory.of(PEER).lied, "a small fault does not wash off a great one"
    time.now += LIE_S
    assert PeerMemory(tmp_path, time).of(PEER) == Standing()


def test_who_fails_again_is_left_alone_for_longer_up_to_an_hour(tmp_path: Path) -> None:
    time = Time()
    memory = PeerMemory(tmp_path, time)
    pauses = []
    for _ in range(9):
        memory.failed(PEER, "It is silent.")
        pauses.append(memory.of(PEER).until - time.now)
        time.now += pauses[-1]
        assert memory.of(PEER).until == 0
    assert pauses[:3] == [FIRST_FAILURE_S, 2 * FIRST_FAILURE_S, 4 * FIRST_FAILURE_S]
    assert pauses[-1] == LONGEST_FAILURE_S
    memory.served(PEER)
    memory.failed(PEER, "It is silent.")
    assert memory.of(PEER).until == time.now + FIRST_FAILURE_S, "a success is a new start"


def test_a_clock_that_was_wrong_shuts_nobody_out(tmp_path: Path) -> None:
    time = Time()
    time.now += 400 * 86_400
    PeerMemory(tmp_path, time).lied(PEER, "Its filter is wrong.")
    time.now -= 400 * 86_400
    assert not PeerMemory(tmp_path, time).of(PEER).lied


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b'{"a": 1}', b'{"a": {"until": "x"}}', b"\xff" * 100, b"[" * 9_000],
)
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    assert PeerMemory(tmp_path, Time()).of(PEER) == Standing()


def test_the_memory_does_not_grow_without_end(tmp_path: Path) -> None:
    memory = PeerMemory(tmp_path, Time())
    for number in range(300):
        memory.failed(Address("192.0.2.1", number + 1), "x" * 10_000)
    rows = json.loads((tmp_path / FILE).read_text("utf-8"))
    assert len(rows) == 200
    assert (tmp_path / FILE).stat().st_size < 100_000


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    memory = PeerMemory(tmp_path / "file" / "headers", Time())
    memory.lied(PEER, "Its filter is wrong.")
    assert memory.of(PEER).lied
