"""Nodes find each other, and each other's blocks, from one address."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from host.devnet.network import Devnet
from host.devnet.peering.downloads import PATIENCE_S, Downloads
from host.devnet.peering.neighbours import MAX_OUTBOUND
from host.devnet.peering.session import PeerSession
from host.p2p.address_messages import MAX_ADDRESSES, encode_addresses, parse_addresses
from host.p2p.messages import MSG_WITNESS_BLOCK, Item, parse_items
from host.p2p.peer import Address, Peer
from signer.errors import Malformed
from signer.formats.cursor import compact_size
from tests.devnets import STRANGER, call, clock
from tests.nights import AT_NIGHT

HERE, SIX = Address("127.0.0.1", 18444), Address("2001:db8::5", 8333)


@pytest.mark.parametrize("v2", [False, True])
def test_addresses_read_back(v2: bool) -> None:
    payload = encode_addresses([HERE, SIX], 73, 1_700_000_000, v2=v2)
    assert parse_addresses(payload, v2=v2) == (HERE, SIX)
    with pytest.raises(Malformed):
        parse_addresses(payload + b"\0", v2=v2)


def test_an_address_is_laid_out_as_bip155_says() -> None:
    payload = encode_addresses([HERE], 1, 0x4966BC61, v2=True)
    assert payload.hex() == "01" + "61bc6649" + "01" + "01" + "04" + "7f000001" + "480c"


def test_addresses_of_other_networks_are_skipped_and_lies_refused() -> None:
    onion = bytes(4) + b"\1" + b"\4" + b"\x20" + bytes(32) + b"\x20\x8d"
    assert parse_addresses(b"\1" + onion, v2=True) == ()
    short = bytes(4) + b"\1" + b"\1" + b"\5" + bytes(5) + b"\x20\x8d"
    with pytest.raises(Malformed, match="another length"):
        parse_addresses(b"\1" + short, v2=True)
    count = MAX_ADDRESSES + 1
    with pytest.raises(Malformed, match="more than"):
        parse_addresses(compact_size(count) + bytes(30 * count), v2=False)


async def test_a_network_of_twelve_is_no_full_mesh_and_all_know_all() -> None:
    async with Devnet(clock, 12) as devnet:
        nodes = devnet.living()
        for node in nodes:
            outbound = [s for s in node._sessions if s.is_outbound]
            assert len(outbound) <= MAX_OUTBOUND
        everybody = {node.address for node in nodes}
        async with asyncio.timeout(10):
            while any(  # noqa: ASYNC110 - gossip tells nobody when it is done
                {*node.neighbours.known_addresses, node.address} != everybody for node in nodes
            ):
                await asyncio.sleep(0.02)


async def test_a_stranger_is_told_whom_a_node_knows_and_sends_it_nowhere_else() -> None:
    async with Devnet(clock, 2) as devnet:
        node = devnet.node(0)
        peer = await call(node.address)
        far = encode_addresses([Address("8.8.8.8", 8333), SIX], 1, clock(), v2=True)
        peer.send("addrv2", far)
        peer.send("getaddr")
        async with asyncio.timeout(5):
            while (message := await peer.receive()).command not in ("addr", "addrv2"):
                pass
        told = parse_addresses(message.payload, v2=message.command == "addrv2")
        assert set(told) == {devnet.node(0).address, devnet.node(1).address}
        await peer.close()


async def test_all_but_one_die_and_return(tmp_path: Path) -> None:
    async with Devnet(clock, 5, tmp_path / "net") as devnet:
        for index in range(4):
            await devnet.kill(index)
        await devnet.fund(STRANGER, 10_000)
        await devnet.mine(3)
        for index in range(4):
            await devnet.revive(index)
        assert {(node.alive, node.height) for node in devnet.status()} == {(True, 114)}
        assert len({node.tip for node in devnet.status()}) == 1
        await devnet.kill(4)  # whom all of them came back by
        await devnet.mine(1)
        assert [node.height for node in devnet.status()] == [115] * 4 + [114]


@AT_NIGHT
@pytest.mark.timeout(900)
async def test_thirty_nodes_agree_and_all_but_one_die_and_return(tmp_path: Path) -> None:
    async with Devnet(clock, 30, tmp_path / "net") as devnet:
        await devnet.fund(STRANGER, 10_000)
        for index in range(29):
            await devnet.kill(index)
        await devnet.mine(2)
        for index in range(29):
            await devnet.revive(index)
        assert {(node.alive, node.height) for node in devnet.status()} == {(True, 113)}


class _Recorder:
    """A peer that only notes what it is asked for."""

    def __init__(self) -> None:
        self.is_open = True
        self.asked: list[bytes] = []

    def send(self, _: str, payload: bytes) -> None:
        self.asked += [item.hash for item in parse_items(payload)]


def _session() -> tuple[PeerSession, _Recorder]:
    recorder = _Recorder()
    return PeerSession(cast("Peer", recorder)), recorder


def test_a_block_is_asked_for_once_and_of_the_next_when_its_peer_is_silent() -> None:
    now = SimpleNamespace(seconds=0.0)
    downloads = Downloads(lambda: now.seconds)
    (first, told), (second, other), (third, last) = _session(), _session(), _session()
    item = Item(MSG_WITNESS_BLOCK, b"\7" * 32)
    for session in (first, second, third):
        downloads.want(session, [item])
    assert (told.asked, other.asked, last.asked) == ([item.hash], [], [])
    downloads.check()
    assert other.asked == []
    now.seconds += PATIENCE_S + 0.1
    downloads.check()
    assert other.asked == [item.hash]
    downloads.hung_up(second)
    assert last.asked == [item.hash]
    downloads.arrived(item.hash)
    assert not first.requested | second.requested | third.requested
    downloads.want(first, [item])
    assert told.asked == [item.hash] * 2


def test_who_promises_and_never_sends_is_found_out() -> None:
    downloads = Downloads(lambda: 0.0)
    session, _ = _session()
    items = [Item(MSG_WITNESS_BLOCK, n.to_bytes(32, "big")) for n in range(4_001)]
    with pytest.raises(Malformed, match="never sent"):
        downloads.want(session, items)
