"""A Bitcoin Core as the wallet's server: what it is asked, and what may be wrong with it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from host import backends
from host.backends import Backend, Surroundings
from host.config import wall_clock
from host.devnet import cli, faucet
from host.devnet.electrum.methods import View
from host.devnet.network import Devnet
from host.devnet.rpc import methods
from host.devnet.rpc.methods import RpcError
from host.devnet.rpc.server import RpcServer
from host.devnet.steering import faults
from host.errors import BadInput, NetworkError
from host.servers import core_index
from host.store import Search
from host.wallet import Wallet
from tests.core import core
from tests.devnets import STRANGER
from tests.esplora import served
from tests.proxies import Socks
from tests.wallets import paired, sign

SECRET = "hunter2-and-more"


@pytest.fixture
def cookie(tmp_path: Path) -> Path:
    return tmp_path / ".cookie"


@pytest.fixture
async def door(devnet: Devnet, cookie: Path) -> AsyncIterator[RpcServer]:
    async with RpcServer(devnet, cookie) as server:
        yield server


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet")


@asynccontextmanager
async def asked(url: str, folder: Path, *, network: str = "regtest") -> AsyncIterator[Backend]:
    backend = backends.open_url(url, Surroundings(network, folder / "cache"))
    yield backend
    await backend.close()


async def refusal(url: str, wallet: Wallet, folder: Path) -> str:
    async with asked(url, folder) as backend:
        with pytest.raises(NetworkError) as failed:
            await backend.sync(wallet)
    return str(failed.value)


@pytest.mark.parametrize(
    "location",
    [f"me:{SECRET}@127.0.0.1:8332", "127.0.0.1", "127.0.0.1:8332?auth=", "127.0.0.1:8332?user=me"],
)
def test_an_address_that_cannot_be_used_is_refused_and_no_password_is_repeated(
    location: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as failed:
        backends.open_url(f"core:{location}", Surroundings("mainnet", tmp_path))
    assert "auth=FILE" in str(failed.value)
    assert SECRET not in str(failed.value)


async def test_without_a_word_it_is_the_node_on_this_machine(
    wallet: Wallet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.backends.core.Path.home", lambda: tmp_path)
    sentence = await refusal("core:", wallet, tmp_path)
    assert "bitcoind writes that file when it starts" in sentence
    assert str(Path("regtest", ".cookie")) in sentence


async def test_a_wrong_password_is_named_by_its_file_and_not_repeated(
    door: RpcServer, wallet: Wallet, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"me:{SECRET}\n")
    sentence = await refusal(f"core:{door.address}?auth={file}", wallet, tmp_path)
    assert f"does not accept the user and password in {file}" in sentence
    assert SECRET not in sentence


@pytest.mark.parametrize("text", ["", "no colon", "a:b\nc:d", "x:\x1b[2J"])
async def test_a_file_that_is_no_cookie_is_refused_unread_aloud(
    door: RpcServer, wallet: Wallet, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "password"
    file.write_text(text)
    sentence = await refusal(f"core:{door.address}?auth={file}", wallet, tmp_path)
    assert sentence == (
        f"{file} is not one line user:password, as Bitcoin Core's cookie is. Nothing was lost."
    )


async def test_a_node_that_starts_again_writes_another_cookie_and_is_asked_with_that(
    devnet: Devnet, wallet: Wallet, cookie: Path, tmp_path: Path
) -> None:
    async with RpcServer(devnet, cookie) as first:
        port = int(first.address.rpartition(":")[2])
        backend = backends.open_url(
            f"core:{first.address}?auth={cookie}", Surroundings("regtest", tmp_path)
        )
        await backend.sync(wallet)
    with pytest.raises(NetworkError, match="bitcoind writes that file when it starts"):
        await backend.sync(wallet)
    async with RpcServer(devnet, cookie, port):
        await devnet.fund(wallet.next_address().address, 7_000)
        await backend.sync(wallet)
    await backend.close()
    assert wallet.balance().confirmed_sats == 7_000


async def test_a_node_of_another_chain_is_refused(
    door: RpcServer, cookie: Path, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "signet", network="signet")
    async with asked(f"core:{door.address}?auth={cookie}", tmp_path, network="signet") as backend:
        with pytest.raises(NetworkError, match=r"chain is regtest, and this wallet's is signet\."):
            await backend.sync(wallet)


async def test_without_filters_a_few_blocks_are_read_and_many_are_not(
    devnet: Devnet,
    door: RpcServer,
    wallet: Wallet,
    cookie: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def disabled(*_: object) -> None:
        raise RpcError("Index is not enabled for filtertype basic")

    monkeypatch.setitem(methods.METHODS, "scanblocks", (disabled, 1, 5))
    monkeypatch.setitem(methods.METHODS, "getindexinfo", (lambda *_: {}, 0, 1))
    await devnet.fund(wallet.next_address().address, 7_000)
    monkeypatch.setattr(core_index, "MOST_BLOCKS", 100)
    url = f"core:{door.address}?auth={cookie}"
    sentence = await refusal(url, wallet, tmp_path)
    assert "Start it with -blockfilterindex=1 and wait" in sentence
    monkeypatch.setattr(core_index, "MOST_BLOCKS", 144)
    async with asked(url, tmp_path) as backend:
        await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == 7_000


async def test_an_index_that_is_behind_hides_no_coin(
    devnet: Devnet,
    door: RpcServer,
    wallet: Wallet,
    cookie: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A scan passes over blocks without a filter and says nothing of it."""
    behind = 20
    scan = methods.METHODS["scanblocks"][0]

    def short(view: View, action: str, objects: list[str], first: int, last: int) -> Any:  # noqa: ANN401
        return scan(view, action, objects, first, min(last, view.node.chain.height - behind))

    def index(view: View, name: str) -> dict[str, Any]:
        return {name: {"synced": False, "best_block_height": view.node.chain.height - behind}}

    monkeypatch.setitem(methods.METHODS, "scanblocks", (short, 1, 5))
    monkeypatch.setitem(methods.METHODS, "getindexinfo", (index, 0, 1))
    await devnet.fund(wallet.next_address().address, 7_000)
    async with asked(f"core:{door.address}?auth={cookie}", tmp_path) as backend:
        await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == 7_000


async def test_what_waits_is_seen_before_a_block_has_it(
    devnet: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    async with core(devnet) as url, asked(url, tmp_path) as backend:
        await backend.sync(wallet)
        txid = await devnet.fund(wallet.next_address().address, 9_000, mine=False)
        await backend.sync(wallet)
        assert wallet.balance().pending_sats == 9_000
        await devnet.mine(1)
        await backend.sync(wallet)
        assert wallet.confirmations(txid) == 1


async def test_a_reorg_takes_a_payment_and_brings_it_again(
    devnet: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    async with core(devnet) as url, asked(url, tmp_path) as backend:
        await devnet.fund(wallet.next_address().address, 5_000_000)
        await backend.sync(wallet)
        draft = wallet.draft(STRANGER, 25_000, 1)
        sent = await backend.broadcast(wallet.finish(draft, sign(draft.psbt)).raw_tx)
        await devnet.mine(2)
        await backend.sync(wallet)
        assert wallet.confirmations(sent.txid) == 2
        await faults.reorg(devnet, 2)
        await backend.sync(wallet)
        assert wallet.tip_height == max(node.height for node in devnet.status())
        assert wallet.confirmations(sent.txid) == 0
        await devnet.mine(1)
        await backend.sync(wallet)
        assert wallet.confirmations(sent.txid) == 1


async def test_the_birthday_spares_the_blocks_before_it(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned: list[int] = []
    scan = methods.METHODS["scanblocks"][0]

    def noted(view: View, action: str, objects: list[str], first: int, *more: int) -> Any:  # noqa: ANN401
        scanned.append(first)
        return scan(view, action, objects, first, *more)

    monkeypatch.setitem(methods.METHODS, "scanblocks", (noted, 1, 5))
    today = datetime.fromtimestamp(wall_clock(), UTC).date()
    wallet = paired(tmp_path / "wallet", search=Search(birthday=today + timedelta(days=1)))
    await devnet.fund(wallet.next_address().address, 7_000)
    async with core(devnet) as url, asked(url, tmp_path) as backend:
        await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == 7_000
    assert min(scanned) == 111 - core_index.BLOCKS_BEFORE_BIRTHDAY


async def test_it_is_asked_through_a_proxy(devnet: Devnet, wallet: Wallet, tmp_path: Path) -> None:
    await devnet.fund(wallet.next_address().address, 7_000)
    async with core(devnet) as url:
        _, _, address = url.partition(":")
        port, _, option = address.rpartition(":")[2].partition("?")
        async with Socks({"hidden.onion": int(port)}) as proxy:
            around = Surroundings("regtest", tmp_path / "cache", proxy=proxy.url)
            backend = backends.open_url(f"core:hidden.onion:8332?{option}", around)
            await backend.sync(wallet)
            await backend.close()
    assert wallet.balance().confirmed_sats == 7_000


Judge = Callable[[dict[str, Any]], object]
NONSENSE: dict[str, Judge] = {
    "no list": lambda _: {},
    "no number": lambda _: [{"result": 1}],
    "no result": lambda request: [{"id": request["id"]}],
    "a word": lambda request: [{"id": request["id"], "result": "regtest"}],
    "nothing": lambda request: [{"id": request["id"], "result": None}],
    "half an error": lambda request: [{"id": request["id"], "error": {"code": "x"}}],
}


@pytest.mark.parametrize("kind", NONSENSE)
async def test_what_makes_no_sense_is_a_sentence(kind: str, wallet: Wallet, tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        (request,) = json.loads(await reader.readexactly(length))
        answer = json.dumps(NONSENSE[kind](request)).encode()
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer)
        await writer.drain()

    file = tmp_path / "password"
    file.write_text("me:mine")
    async with served(serve) as port:
        sentence = await refusal(f"core:127.0.0.1:{port}?auth={file}", wallet, tmp_path)
    assert "does not answer, or not as such a server does. Nothing was lost." in sentence


class Caller:
    """HTTP by hand, so that the door is judged by its bytes."""

    def __init__(self, door: RpcServer, cookie: Path) -> None:
        self.host, _, self.port = door.address.rpartition(":")
        self.authorization = base64.b64encode(cookie.read_bytes()).decode()

    async def post(
        self, body: bytes, *, method: str = "POST", password: str = ""
    ) -> tuple[int, Any]:
        reader, writer = await asyncio.open_connection(self.host, int(self.port))
        password = password or self.authorization
        writer.write(
            f"{method} / HTTP/1.1\r\nAuthorization: Basic {password}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length:")[2].split()[0])
        answer = await reader.readexactly(length)
        writer.close()
        return int(head.split()[1]), json.loads(answer) if answer.startswith(
            (b"{", b"[")
        ) else answer

    async def ask(self, method: str, *parameters: object) -> Any:  # noqa: ANN401
        request = {"jsonrpc": "2.0", "id": 5, "method": method, "params": parameters}
        status, reply = await self.post(json.dumps(request).encode())
        assert (status, reply["id"]) == (200, 5)
        return reply.get("result", reply.get("error"))


@pytest.fixture
def caller(door: RpcServer, cookie: Path) -> Caller:
    return Caller(door, cookie)


async def test_the_door_opens_to_who_knows_the_cookie_alone(caller: Caller, cookie: Path) -> None:
    assert (await asyncio.to_thread(cookie.stat)).st_mode & 0o077 == 0
    body = json.dumps({"id": 1, "method": "getblockcount"}).encode()
    assert await caller.post(body, password="bWU6bWluZQ==") == (401, b"")
    assert (await caller.post(b"", method="GET"))[0] == 405
    assert (await caller.post(body))[1]["result"] == 110
    assert (await caller.post(b"{"))[1]["error"]["code"] == -32700


async def test_the_door_answers_in_cores_words(devnet: Devnet, caller: Caller) -> None:
    tip = await caller.ask("getbestblockhash")
    assert await caller.ask("getblockhash", 110) == tip
    header = await caller.ask("getblockheader", tip)
    assert (header["height"], header["confirmations"], header["hash"]) == (110, 1, tip)
    raw = await caller.ask("getblockheader", tip, False)
    assert (await caller.ask("getblock", tip, 0)).startswith(raw)
    assert len((await caller.ask("getblock", tip))["tx"]) == 1
    assert (await caller.ask("getblock", "00" * 32, 0))["code"] == -5
    assert (await caller.ask("getblockhash", 111))["code"] == -8
    assert (await caller.ask("stop"))["code"] == -32601
    assert (await caller.ask("getblockcount", 1))["code"] == -1
    txid = await devnet.fund(STRANGER, 1_000, mine=False)
    assert await caller.ask("getrawmempool") == [txid]
    raw_tx = await caller.ask("getrawtransaction", txid)
    assert await caller.ask("sendrawtransaction", raw_tx) == txid
    assert (await caller.ask("sendrawtransaction", "00"))["code"] == -22
    assert (await caller.ask("getrawtransaction", "11" * 32))["code"] == -5
    assert (await caller.ask("getmempoolinfo"))["mempoolminfee"] == 0.00001


async def test_the_door_finds_blocks_by_script(devnet: Devnet, caller: Caller) -> None:
    await devnet.fund(STRANGER, 1_000)
    script = f"raw({faucet.script_of(STRANGER).hex()})"
    found = await caller.ask("scanblocks", "start", [script], 0, 111)
    assert found["relevant_blocks"] == [await caller.ask("getbestblockhash")]
    assert (await caller.ask("scanblocks", "start", [script], 0, 110))["relevant_blocks"] == []
    assert (await caller.ask("scanblocks", "start", [script], 112))["message"] == (
        "Invalid start_height"
    )
    assert await caller.ask("scanblocks", "status") is None


def test_a_cookie_that_cannot_be_written_is_a_sentence_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--nodes", "1", "--rpc", "18999", str(tmp_path / "nowhere" / ".cookie")]
    assert cli.main(words) == 1
    assert "The cookie cannot be written to" in capsys.readouterr().err
