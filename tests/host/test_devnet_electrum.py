"""The Electrum port: what the protocol says, and BDK's own Electrum client as the judge."""

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest

from host.devnet import faucet
from host.devnet.electrum import server
from host.devnet.electrum.methods import METHODS
from host.devnet.electrum.server import ElectrumServer
from host.devnet.network import Devnet
from host.devnet.steering import faults
from host.errors import NetworkError
from host.p2p.blocks import Block
from host.transactions import double_sha256
from tests.devnets import STRANGER, clock, payment, wrongly_signed

bdk = pytest.importorskip("bdkpython", reason="BDK has no wheels for this machine")
KEYS = (
    "wpkh(tprv8ZgxMBicQKsPe5YMU9gHen4Ez3ApihUfykaqUorj9t6FDqy3nP6eoXiAo2ssvpAjoLroQxHqr3R5nE3a5dU3"
    "DHTjTgJDd7zrbniJr6nrCzd/84h/1h/0h/{}/*)"  # the first of BIP32's test keys, on test networks
)
SCRIPT_HASH = sha256(faucet.script_of(STRANGER)).digest()[::-1].hex()


@pytest.fixture
async def devnet() -> AsyncIterator[Devnet]:
    async with Devnet(clock) as devnet:
        yield devnet


@pytest.fixture
async def electrum(devnet: Devnet) -> AsyncIterator[ElectrumServer]:
    electrum = ElectrumServer(devnet)
    await electrum.start()
    yield electrum
    await electrum.stop()


class Wire:
    """A wallet's connection, line by line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, message: object) -> None:
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.writer.write(raw + b"\n")
        await self.writer.drain()

    async def read(self) -> Any:  # noqa: ANN401 - JSON
        async with asyncio.timeout(5):
            return json.loads(await self.reader.readline())

    async def ask(self, method: str, *parameters: object) -> Any:  # noqa: ANN401 - JSON
        await self.send({"id": 7, "method": method, "params": parameters})
        answer = await self.read()
        assert answer["id"] == 7
        assert "error" not in answer, answer
        return answer["result"]

    async def fail(self, method: str, *parameters: object) -> str:
        await self.send({"id": 7, "method": method, "params": parameters})
        return (await self.read())["error"]["message"]


@pytest.fixture
async def wire(electrum: ElectrumServer) -> AsyncIterator[Wire]:
    host, port = electrum.address.split(":")
    wire = Wire(*await asyncio.open_connection(host, int(port), limit=1 << 22))
    yield wire
    wire.writer.close()
    await wire.writer.wait_closed()


async def test_the_server_says_who_it_is(devnet: Devnet, wire: Wire) -> None:
    assert await wire.ask("server.version", "a wallet", "1.4") == ["quietkey-devnet 0.1", "1.4"]
    assert (await wire.ask("server.version", "a wallet", ["1.4", "1.4.2"]))[1] == "1.4"
    assert "protocol here is 1.4" in await wire.fail("server.version", "old", "1.2")
    features = await wire.ask("server.features")
    assert features["genesis_hash"] == devnet.node(0).chain.hash_at(0)[::-1].hex()
    assert "play money" in await wire.ask("server.banner")
    assert await wire.ask("server.ping") is None
    assert await wire.ask("server.peers.subscribe") == []
    assert await wire.ask("blockchain.relayfee") == 0.00001
    await faults.fees(devnet, 20)
    assert await wire.ask("blockchain.estimatefee", 2) == 0.0002


async def test_headers_are_those_of_the_chain_and_new_ones_are_told(
    devnet: Devnet, wire: Wire
) -> None:
    chain = devnet.node(0).chain
    tip = await wire.ask("blockchain.headers.subscribe")
    assert tip == {"height": 110, "hex": chain.header(110).hex()}
    assert await wire.ask("blockchain.block.header", 5) == chain.header(5).hex()
    several = await wire.ask("blockchain.block.headers", 108, 10)
    assert several["count"] == 3
    assert several["hex"] == "".join(chain.header(height).hex() for height in (108, 109, 110))
    await devnet.mine(1)
    news = await wire.read()
    assert news["method"] == "blockchain.headers.subscribe"
    assert news["params"] == [{"height": 111, "hex": chain.header(111).hex()}]


async def test_a_script_is_followed_from_mempool_to_block_and_through_a_reorg(
    devnet: Devnet, wire: Wire
) -> None:
    assert await wire.ask("blockchain.scripthash.subscribe", SCRIPT_HASH) is None
    txid = await devnet.fund(STRANGER, 50_000, mine=False)
    news = await wire.read()
    history = await wire.ask("blockchain.scripthash.get_history", SCRIPT_HASH)
    assert [(entry["tx_hash"], entry["height"]) for entry in history] == [(txid, 0)]
    assert history == await wire.ask("blockchain.scripthash.get_mempool", SCRIPT_HASH)
    assert news["params"] == [SCRIPT_HASH, sha256(f"{txid}:0:".encode()).hexdigest()]
    assert await _balance(wire) == (0, 50_000)
    await devnet.mine(1)
    assert (await wire.read())["params"][1] == sha256(f"{txid}:111:".encode()).hexdigest()
    assert await _balance(wire) == (50_000, 0)
    (coin,) = await wire.ask("blockchain.scripthash.listunspent", SCRIPT_HASH)
    assert (coin["tx_hash"], coin["height"], coin["value"]) == (txid, 111, 50_000)
    await faults.reorg(devnet, 1)
    assert (await wire.read())["params"][1] == sha256(f"{txid}:0:".encode()).hexdigest()
    assert await _balance(wire) == (0, 50_000)


async def _balance(wire: Wire) -> tuple[int, int]:
    balance = await wire.ask("blockchain.scripthash.get_balance", SCRIPT_HASH)
    return balance["confirmed"], balance["unconfirmed"]


async def test_a_transaction_is_given_with_the_proof_that_it_is_in_its_block(
    devnet: Devnet, wire: Wire
) -> None:
    txids = [await devnet.fund(STRANGER, 20_000 + n, mine=False) for n in range(4)]
    await devnet.mine(1)
    chain = devnet.node(0).chain
    for txid in txids:
        raw = await wire.ask("blockchain.transaction.get", txid)
        block = Block.parse(chain.raw(chain.tip) or b"")
        assert raw in {each.encode().hex() for each in block.transactions}
        proof = await wire.ask("blockchain.transaction.get_merkle", txid, 111)
        reached, position = bytes.fromhex(txid)[::-1], proof["pos"]
        for step in proof["merkle"]:
            other = bytes.fromhex(step)[::-1]
            pair = other + reached if position & 1 else reached + other
            reached, position = double_sha256(pair), position >> 1
        assert reached == chain.header(111)[36:68]
    assert "not in block 5" in await wire.fail("blockchain.transaction.get_merkle", txids[0], 5)
    assert "No such" in await wire.fail("blockchain.transaction.get", "00" * 32)
    assert "bytes only" in await wire.fail("blockchain.transaction.get", txids[0], True)


async def test_a_payment_is_broadcast_or_refused_in_words(devnet: Devnet, wire: Wire) -> None:
    node = devnet.node(0)
    good = payment(node.chain, node.mempool)
    refused = await wire.fail(
        "blockchain.transaction.broadcast", wrongly_signed(good).encode().hex()
    )
    assert "does not satisfy the script" in refused
    assert "refused" in await wire.fail("blockchain.transaction.broadcast", "zz")
    for _ in range(2):  # again does no harm
        assert await wire.ask("blockchain.transaction.broadcast", good.encode().hex()) == good.name
    await devnet.until(lambda: all(n.mempool.get(good.txid) for n in devnet.living()))
    ((rate, vsize),) = await wire.ask("mempool.get_fee_histogram")
    assert (rate, vsize) == (2, good.vsize)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"GET / HTTP/1.1", "line of JSON"),
        (b"[" * 50_000, "line of JSON"),
        (b"[]", "batch has 1 to"),
        (b"5", "names a method"),
        (b'{"id":1,"method":"blockchain.steal","params":[]}', "There is no method"),
        (b'{"id":1,"method":"server.ping","params":{"a":1}}', "Parameters are a list"),
        (b'{"id":1,"method":"blockchain.scripthash.get_history","params":["00"]}', "64 hex"),
        (b'{"id":1,"method":"blockchain.scripthash.subscribe","params":[]}', "64 hex"),
        (b'{"id":1,"method":"blockchain.block.header","params":[9999]}', "chain ends at"),
        (b'{"id":1,"method":"blockchain.block.header","params":[-1]}', "whole number"),
        (b'{"id":1,"method":"blockchain.block.headers","params":[1]}', "takes 2 to 3"),
    ],
)
async def test_a_strange_request_is_answered_in_words(wire: Wire, line: bytes, says: str) -> None:
    await wire.send(line)
    assert says in (await wire.read())["error"]["message"]
    assert await wire.ask("server.ping") is None


async def test_many_requests_in_one_line_are_answered_in_one(wire: Wire) -> None:
    await wire.send([{"id": n, "method": "server.ping"} for n in range(3)])
    assert [answer["id"] for answer in await wire.read()] == [0, 1, 2]


async def test_no_method_breaks_on_any_kind_of_parameter(wire: Wire) -> None:
    for method in METHODS:
        for value in (None, True, -1, 1.5, "x", "00" * 32, [], {}, 10**400):
            for count in (1, 2):
                await wire.send({"id": 1, "method": method, "params": [value] * count})
                assert (await wire.read())["id"] == 1


async def test_a_caller_that_never_reads_is_dropped_and_the_others_are_served(
    electrum: ElectrumServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_UNREAD", 100_000)
    host, port = electrum.address.split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    request = json.dumps({"id": 1, "method": "blockchain.block.headers", "params": [0, 2016]})
    writer.write((request + "\n").encode() * 3_000)
    async with asyncio.timeout(10):
        assert await wire.ask("server.ping") is None
    writer.transport.abort()


async def test_a_line_without_end_and_too_many_callers_are_hung_up(
    electrum: ElectrumServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wire.ask("server.ping")
    monkeypatch.setattr(server, "MAX_CALLERS", 1)
    host, port = electrum.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    assert await reader.read() == b""
    writer.close()
    wire.writer.write(b"x" * (server.LINE_LIMIT + 1))
    with pytest.raises((ConnectionError, json.JSONDecodeError)):
        await wire.read()


async def test_the_port_goes_on_when_the_node_behind_it_dies(devnet: Devnet, wire: Wire) -> None:
    for index in (0, 1):
        await devnet.kill(index)
        await devnet.mine(1)
        header = devnet.node(2).chain.header(111 + index).hex()
        assert await wire.ask("blockchain.block.header", 111 + index) == header
    await devnet.kill(2)
    assert "Every node is dead" in await wire.fail("blockchain.block.header", 1)


async def test_a_taken_port_is_said(devnet: Devnet, electrum: ElectrumServer) -> None:
    with pytest.raises(NetworkError, match="another program listens there"):
        await ElectrumServer(devnet, int(electrum.address.split(":")[1])).start()


class Wallet:
    """BDK's wallet, with keys, over its own Electrum client."""

    def __init__(self, address: str) -> None:
        keys = [bdk.Descriptor(KEYS.format(n), bdk.NetworkKind.TEST) for n in (0, 1)]
        store = bdk.Persister.new_in_memory()
        self.wallet = bdk.Wallet(*keys, bdk.Network.REGTEST, store)
        self._client = bdk.ElectrumClient(f"tcp://{address}")

    @property
    def sats(self) -> tuple[int, int]:
        """Confirmed, and all of it."""
        balance = self.wallet.balance()
        return balance.confirmed.to_sat(), balance.total.to_sat()

    def address(self) -> str:
        return str(self.wallet.reveal_next_address(bdk.KeychainKind.EXTERNAL).address)

    async def scan(self) -> None:
        request = self.wallet.start_full_scan().build()
        update = await asyncio.to_thread(self._client.full_scan, request, 20, 10, False)
        self.wallet.apply_update(update)

    async def pay(self, address: str, sats: int) -> str:
        script = bdk.Address(address, bdk.Network.REGTEST).script_pubkey()
        rate = bdk.FeeRate.from_sat_per_vb(3)
        builder = bdk.TxBuilder().add_recipient(script, bdk.Amount.from_sat(sats)).fee_rate(rate)
        psbt = builder.finish(self.wallet)
        self.wallet.sign(psbt)
        txid = await asyncio.to_thread(self._client.transaction_broadcast, psbt.extract_tx())
        return str(txid)


async def test_bdks_own_client_scans_pays_and_follows_a_reorg(
    devnet: Devnet, electrum: ElectrumServer
) -> None:
    wallet = await asyncio.to_thread(Wallet, electrum.address)
    await devnet.fund(wallet.address(), 5_000_000)
    await devnet.fund(wallet.address(), 3_000_000, mine=False)
    await wallet.scan()
    assert wallet.sats == (5_000_000, 8_000_000)
    await devnet.mine(2)
    await wallet.scan()
    assert wallet.sats == (8_000_000, 8_000_000)
    txid = await wallet.pay(STRANGER, 1_000_000)
    await devnet.until(lambda: all(txid in node.mempool for node in devnet.status()))
    await devnet.mine(1)
    await wallet.scan()
    confirmed, total = wallet.sats
    assert confirmed == total
    assert 6_990_000 < total < 7_000_000
    await faults.reorg(devnet, 3)
    await wallet.scan()
    assert wallet.sats[0] in {0, 5_000_000}  # the rest waits again; 0 when that coin was spent
    assert wallet.sats[1] == total
    await devnet.mine(1)
    await wallet.scan()
    assert wallet.sats == (confirmed, total)
