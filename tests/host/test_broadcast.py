import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from host.devnet.network import Devnet
from host.errors import NetworkError
from host.loopback import LoopbackServer
from host.p2p import broadcast as module
from host.p2p.broadcast import broadcast
from host.p2p.messages import PeerMessage, Reject, Version
from host.p2p.peer import Address, Peer, PeerGone
from host.transactions import Transaction
from host.values import Propagation, Sent
from signer.errors import Malformed
from tests.devnets import clock, payment, wrongly_signed

Peers = list[tuple[str, int]]


@pytest.fixture
async def devnet() -> AsyncIterator[Devnet]:
    async with Devnet(clock) as devnet:
        yield devnet


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROBE_S", "ASK_S", "SETTLE_S"):
        monkeypatch.setattr(module, name, 0.2)
    monkeypatch.setattr(module, "LAST_S", 0.5)


@pytest.fixture
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The peer named first is told first."""
    monkeypatch.setattr(module, "_drawn", list)


def _peers(devnet: Devnet) -> Peers:
    addresses = [Address.parse(peer) for peer in devnet.peers]
    return [(address.host, address.port) for address in addresses]


def _payment(devnet: Devnet) -> Transaction:
    alive = next(index for index, each in enumerate(devnet.status()) if each.alive)
    node = devnet.node(alive)
    return payment(node.chain, node.mempool)


async def _send(transaction: Transaction, peers: Peers, **rest: Any) -> Propagation:  # noqa: ANN401 - passed on
    async with asyncio.timeout(10):  # nothing here may hang
        sent = await broadcast(transaction.encode(), peers, "regtest", **rest)
    assert sent.txid == transaction.name
    return _proof(sent)


def _proof(sent: Sent) -> Propagation:
    assert isinstance(sent.proof, Propagation)
    return sent.proof


class Mute:
    """A peer that shakes hands, hears everything, and says only what `answer` makes it say."""

    def __init__(
        self,
        answer: Callable[[Peer, str], None] = lambda _peer, _command: None,
        message: Callable[[Peer, PeerMessage], None] = lambda _peer, _message: None,
    ) -> None:
        self.heard: list[str] = []
        self._answer = answer
        self._message = message
        self._tasks: set[asyncio.Task] = set()

    async def __aenter__(self) -> tuple[str, int]:
        self._server = LoopbackServer(self._called)
        return await self._server.start()

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.stop()

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.create_task(self._listen(reader, writer)))

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer = await Peer.accept(reader, writer, "regtest", Version(1, 0, 0, "", 0), 5)
            while True:
                message = await peer.receive()
                self.heard.append(message.command)
                self._answer(peer, message.command)
                self._message(peer, message)
        except PeerGone:
            pass
        finally:
            writer.transport.abort()


async def test_some_are_told_and_all_others_say_it_back(devnet: Devnet) -> None:
    steps: list[Sent] = []
    transaction, peers = _payment(devnet), _peers(devnet)
    result = await _send(transaction, peers, observer=steps.append)
    assert result.peers_total == 3
    assert len(result.announced) == 1
    assert set(result.announced) | set(result.echoed) == set(devnet.peers)
    assert not set(result.announced) & set(result.echoed)
    assert [each.mempool for each in devnet.status()] == [(transaction.name,)] * 3
    assert _proof(steps[-1]) == result
    told = [(len(proof.announced), len(proof.echoed)) for proof in map(_proof, steps)]
    assert told == sorted(told)
    assert len(set(told)) == len(told)


async def test_sending_again_does_not_hang_and_proves_that_everybody_has_it(devnet: Devnet) -> None:
    transaction, peers = _payment(devnet), _peers(devnet)
    await _send(transaction, peers)
    again = await _send(transaction, peers)
    assert again.announced == ()
    assert set(again.echoed) == set(devnet.peers)


async def test_a_transaction_that_one_peer_has_already_is_told_to_the_rest(devnet: Devnet) -> None:
    transaction, peers = _payment(devnet), _peers(devnet)
    lonely = devnet.node(0)
    lonely.mempool.accept(transaction.encode())  # not announced: as if the others had missed it
    result = await _send(transaction, peers)
    assert devnet.peers[0] in result.echoed
    assert [each.mempool for each in devnet.status()] == [(transaction.name,)] * 3


@pytest.mark.parametrize("dead", [(0,), (1, 2)])
async def test_dead_peers_are_no_obstacle(devnet: Devnet, dead: tuple[int, ...]) -> None:
    for index in dead:
        await devnet.kill(index)
    transaction = _payment(devnet)
    result = await _send(transaction, _peers(devnet))
    assert result.peers_total == 3 - len(dead)
    assert len(result.echoed) == max(1, 2 - len(dead))
    alive = [each.mempool for each in devnet.status() if each.alive]
    assert alive == [(transaction.name,)] * (3 - len(dead))


async def test_a_refused_transaction_is_an_error_with_the_nodes_reason(devnet: Devnet) -> None:
    bad = wrongly_signed(_payment(devnet))
    with pytest.raises(NetworkError, match="Input 1 does not satisfy the script"):
        await _send(bad, _peers(devnet))
    assert [each.mempool for each in devnet.status()] == [()] * 3


async def test_a_refusal_by_the_only_peer_is_told(devnet: Devnet) -> None:
    bad = wrongly_signed(_payment(devnet))
    with pytest.raises(NetworkError, match="does not satisfy"):
        await _send(bad, _peers(devnet)[:1])


async def test_a_confirmed_transaction_sent_again_is_refused_and_nothing_hangs(
    devnet: Devnet,
) -> None:
    transaction = _payment(devnet)
    await _send(transaction, _peers(devnet))
    await devnet.mine(1)
    with pytest.raises(NetworkError, match="spent already"):
        await _send(transaction, _peers(devnet))


async def test_no_peer_at_all_is_said_plainly(devnet: Devnet) -> None:
    transaction, peers = _payment(devnet), _peers(devnet)
    for index in range(3):
        await devnet.kill(index)
    with pytest.raises(NetworkError, match=r"None of the 3 peers answers\. Nothing was sent"):
        await _send(transaction, peers)


@pytest.mark.usefixtures("impatient")
async def test_peers_that_never_ask_for_it_are_said_so(devnet: Devnet) -> None:
    async with Mute() as first, Mute() as second:
        with pytest.raises(NetworkError, match=r"No peer asked .* told: 2\. Nothing was sent"):
            await _send(_payment(devnet), [first, second], timeout_s=1)


@pytest.mark.usefixtures("impatient")
async def test_a_peer_that_takes_it_and_keeps_it_is_no_proof(devnet: Devnet) -> None:
    transaction = _payment(devnet)

    def takes(peer: Peer, command: str) -> None:
        if command == "inv":
            peer.send("getdata", module.encode_items([peer.request_for(transaction)]))

    async with Mute(takes) as first, Mute() as second:
        with pytest.raises(NetworkError, match="given to 1 of 2 peers, and no other peer had it"):
            await _send(transaction, [first, second], timeout_s=1)


@pytest.mark.usefixtures("impatient", "in_order")
async def test_when_the_first_told_peer_is_deaf_another_one_is_told(devnet: Devnet) -> None:
    async with Mute() as deaf:
        transaction, peers = _payment(devnet), _peers(devnet)
        result = await _send(transaction, [deaf, *peers[:2]], timeout_s=5)
    assert result.announced == devnet.peers[:1]
    assert devnet.peers[1] in result.echoed


@pytest.mark.usefixtures("in_order")
async def test_when_the_told_peer_hangs_up_another_one_is_told(devnet: Devnet) -> None:
    async with Mute(lambda peer, command: command == "inv" and peer.hang_up()) as rude:
        transaction, peers = _payment(devnet), _peers(devnet)
        result = await _send(transaction, [rude, *peers[:2]])
    assert result.echoed == devnet.peers[1:2]


async def test_an_echo_of_another_transaction_is_none(devnet: Devnet) -> None:
    mine, other = _payment(devnet), replace(_payment(devnet), lock_time=1)

    def names_another(peer: Peer, command: str) -> None:
        if command == "getdata":
            peer.send("inv", module.encode_items([peer.item(other)]))
            peer.send("tx", other.encode())

    async with Mute(names_another) as first, Mute(names_another) as second:
        with pytest.raises(NetworkError, match="Nothing was sent"):
            await _send(mine, [first, second], timeout_s=0.5)


async def test_bytes_that_are_no_transaction_are_not_sent(devnet: Devnet) -> None:
    with pytest.raises(Malformed):
        await broadcast(b"\1\2\3", _peers(devnet), "regtest")


async def test_no_listener_stays_behind(devnet: Devnet) -> None:
    await _send(_payment(devnet), _peers(devnet))
    ours = [task for task in asyncio.all_tasks() if "_Listener" in str(task.get_coro())]
    assert ours == []


@pytest.mark.usefixtures("impatient")
async def test_a_refusal_of_another_transaction_is_not_ours(devnet: Devnet) -> None:
    def refuses_another(peer: Peer, command: str) -> None:
        if command == "inv":
            peer.send("reject", Reject("Not that one.", b"\7" * 32).encode())

    async with Mute(refuses_another) as first, Mute() as second:
        with pytest.raises(NetworkError, match="No peer asked"):
            await _send(_payment(devnet), [first, second], timeout_s=1)


# ---- who lies about it


def _names(peer: Peer, message: PeerMessage) -> None:
    """Names whatever it is asked for, and has nothing."""
    if message.command == "getdata":
        peer.send("inv", message.payload)


def _takes(peer: Peer, message: PeerMessage) -> None:
    """Takes what it is told of, and keeps it."""
    if message.command == "inv":
        peer.send("getdata", message.payload)


def _takes_and_names(peer: Peer, message: PeerMessage) -> None:
    """Takes it, keeps it, and names it on the same connection."""
    _takes(peer, message)
    if message.command == "tx":
        transaction = Transaction.parse(message.payload)
        peer.send("inv", module.encode_items([peer.item(transaction)]))


def _returns(peer: Peer, message: PeerMessage) -> None:
    """Takes it, keeps it, and hands it over on the same connection when asked."""
    _takes(peer, message)
    if message.command == "tx":
        peer.send("tx", message.payload)


def _refuses(peer: Peer, message: PeerMessage) -> None:
    if message.command == "inv":
        (item,) = module.parse_items(message.payload)
        peer.send("reject", Reject("I do not like it.", item.hash).encode())


def _hangs_up(peer: Peer, message: PeerMessage) -> None:
    if message.command == "inv":
        peer.hang_up()


def _mute(_peer: Peer, _message: PeerMessage) -> None:
    pass


LINE_UPS = {
    "keeps, honest, honest": [_takes, None, None],
    "keeps and names, honest, honest": [_takes_and_names, None, None],
    "keeps, honest, names": [_takes, None, _names],
    "keeps, keeps, honest, honest, names": [_takes, _takes, None, None, _names],
    "names alone": [_names],
    "keeps alone": [_takes],
    "keeps and names alone": [_takes_and_names],
    "hands back alone": [_returns],
    "mute, mute, mute, honest": [_mute, _mute, _mute, None],
    "refuses, hangs up, honest, honest": [_refuses, _hangs_up, None, None],
    "mute first, honest, honest": [_mute, None, None],
    "ten that name, honest first": [None, *[_names] * 10],
    "ten that name, honest last": [*[_names] * 10, None],
    "ten that keep and name, honest": [*[_takes_and_names] * 10, None],
    "honest, honest, honest": [None, None, None],
}


@pytest.mark.usefixtures("impatient", "in_order")
@pytest.mark.parametrize("name", LINE_UPS)
async def test_nothing_is_called_sent_that_no_honest_peer_has(devnet: Devnet, name: str) -> None:
    """In the worst order: who comes first is told first."""
    transaction, honest = _payment(devnet), iter(_peers(devnet))
    async with AsyncExitStack() as stack:
        peers = [
            next(honest) if act is None else await stack.enter_async_context(Mute(message=act))
            for act in LINE_UPS[name]
        ]
        try:
            await _send(transaction, peers, timeout_s=4)
            is_sent = True
        except NetworkError:
            is_sent = False
    has_it = [transaction.name in node.mempool for node in devnet.status()]
    assert any(has_it) == (None in LINE_UPS[name]), "delivered where one honest peer answers"
    assert is_sent <= any(has_it), "never called sent when nobody has it"
