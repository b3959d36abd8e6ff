import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from host.devnet import cli
from host.devnet.client import DevnetClient
from host.devnet.network import Devnet
from host.devnet.steering import console
from host.devnet.steering.control import ControlServer
from host.errors import NetworkError
from host.values import NodeStatus
from tests.devnets import STRANGER, clock

TOKEN = "0123456789abcdef"
ROOT = Path(__file__).parents[2]
RUN = "import sys; from host.devnet.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
async def control() -> AsyncIterator[ControlServer]:
    async with Devnet(clock) as devnet:
        control = ControlServer(devnet, TOKEN)
        await control.start()
        yield control
        await control.stop()


@pytest.fixture
async def small() -> AsyncIterator[ControlServer]:
    """The same with a single node: enough for those who are not let in."""
    async with Devnet(clock, nodes=1) as devnet:
        control = ControlServer(devnet, TOKEN)
        await control.start()
        yield control
        await control.stop()


@pytest.fixture
async def client(control: ControlServer) -> AsyncIterator[DevnetClient]:
    client = await DevnetClient.connect(control.address, TOKEN)
    yield client
    await client.close()


@asynccontextmanager
async def wire(control: ControlServer) -> AsyncIterator["Wire"]:
    host, port = control.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    yield Wire(reader, writer)
    writer.close()
    await writer.wait_closed()


class Wire:
    """The control socket as a program without our client sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, *lines: object) -> None:
        for line in lines:
            raw = line if isinstance(line, bytes) else json.dumps(line).encode()
            self._writer.write(raw + b"\n")
        await self._writer.drain()

    async def hear(self) -> dict | None:
        async with asyncio.timeout(5):
            line = await self._reader.readline()
        return json.loads(line) if line else None


async def test_the_status_names_every_node(client: DevnetClient) -> None:
    status = await client.status()
    assert [(each.name, each.alive, each.height) for each in status] == [
        (f"node {index}", True, 110) for index in range(3)
    ]
    assert len({each.tip for each in status}) == 1
    assert all(each.address.startswith("127.0.0.1:") for each in status)


async def test_a_payment_and_blocks_through_the_socket(client: DevnetClient) -> None:
    txid = await client.fund(STRANGER, 50_000, mine=False)
    assert [each.mempool for each in await client.status()] == [(txid,)] * 3
    await client.mine(2)
    assert [(each.height, each.mempool) for each in await client.status()] == [(112, ())] * 3
    await client.fund(STRANGER, 50_000)
    assert [(each.height, each.mempool) for each in await client.status()] == [(113, ())] * 3


async def test_a_node_dies_and_returns_through_the_socket(client: DevnetClient) -> None:
    await client.kill(1)
    assert [each.alive for each in await client.status()] == [True, False, True]
    await client.mine()
    await client.revive(1)
    assert [each.height for each in await client.status()] == [111] * 3


async def test_what_is_typed_at_the_console_can_be_asked_for_by_a_program(
    client: DevnetClient,
) -> None:
    assert await client.command("reorg 2") == []
    assert {node.height for node in await client.status()} == {111}
    (listed,) = await client.command("help")
    assert "partition 0|1,2" in listed
    with pytest.raises(NetworkError, match="as in partition"):
        await client.command("partition 9")


async def test_a_watcher_sees_the_present_and_then_every_end_of_a_change(
    client: DevnetClient,
) -> None:
    seen: list[tuple[int, ...]] = []
    async with asyncio.timeout(5):
        async for status in client.watch():
            seen.append(tuple(each.height for each in status))
            if len(seen) == 1:
                await client.mine(3)
            if seen[-1] == (113,) * 3:
                break
    assert seen[0] == (110,) * 3


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda client: client.mine(0), "between 1 and 200"),
        (lambda client: client.mine(201), "between 1 and 200"),
        (lambda client: client.kill(3), "nodes 0 to 2"),
        (lambda client: client.revive(2), "alive already"),
        (lambda client: client.fund("bc1qnowhere", 1_000), "begins with bcrt1"),
        (lambda client: client.fund(STRANGER, 10**16), "Nothing was sent"),
    ],
)
async def test_what_cannot_be_done_is_an_error_in_words(
    client: DevnetClient, ask: Callable[[DevnetClient], Awaitable[None]], why: str
) -> None:
    with pytest.raises(NetworkError, match=why):
        await ask(client)
    await client.mine(1)


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "explode"},
        {},
        {"do": "mine"},
        {"do": "mine", "blocks": "3"},
        {"do": "mine", "blocks": True},
        {"do": "mine", "blocks": 1.5},
        {"do": "fund", "address": 5, "sats": 1_000},
        {"do": "fund", "address": STRANGER},
        {"do": ["mine"]},
        {"do": "kill", "node": -1},
    ],
)
async def test_a_strange_request_is_answered_with_a_sentence(
    small: ControlServer, request_: dict
) -> None:
    async with wire(small) as program:
        await program.say({"token": TOKEN}, request_ | {"id": "mine"})
        answer = await program.hear()
        assert answer["id"] == "mine"
        assert answer["error"].endswith(".")
        await program.say({"id": 2, "do": "status"})
        assert (await program.hear())["ok"]["nodes"][0]["height"] == 110


@pytest.mark.parametrize(
    "first",
    [{"token": "wrong"}, {"token": None}, {}, {"do": "status"}, [], b"\xff\xfe", b"x" * 70_000],
)
async def test_without_the_token_nothing_is_answered(small: ControlServer, first: object) -> None:
    async with wire(small) as program:
        await program.say(first, {"id": 1, "do": "status"})
        with suppress(ConnectionError):  # closed while we were still talking
            assert await program.hear() is None


async def test_a_program_that_breaks_off_leaves_the_others_alone(
    control: ControlServer, client: DevnetClient
) -> None:
    for last in (b'{"id": 1, "do": "mi', b"not json", b"[" * 60_000, b"x" * 70_000):
        async with wire(control) as program:
            await program.say({"token": TOKEN}, {"do": "watch"}, last)
    await client.mine(1)
    assert (await client.status())[0].height == 111


async def test_when_the_devnet_ends_the_client_says_so(control: ControlServer) -> None:
    client = await DevnetClient.connect(control.address, TOKEN)
    await client.status()
    await control.stop()
    with pytest.raises(NetworkError, match="does not answer"):
        await client.status()
    with pytest.raises(NetworkError, match="does not answer"):
        await anext(client.watch())
    await client.close()
    with pytest.raises(NetworkError, match="does not answer"):
        await DevnetClient.connect(control.address, TOKEN)


async def test_a_watcher_hears_of_the_end(control: ControlServer, client: DevnetClient) -> None:
    watching = client.watch()
    await anext(watching)
    await control.stop()
    with pytest.raises(NetworkError, match="does not answer"):
        await anext(watching)


@asynccontextmanager
async def process(*flags: str) -> AsyncIterator[Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN, *flags, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        child.stdin.close()
        await child.communicate()


async def _announced(child: Process) -> dict:
    async with asyncio.timeout(15):
        return json.loads(await child.stdout.readline())


def _left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def _ended(child: Process) -> int:
    async with asyncio.timeout(5):
        return await child.wait()


async def test_the_process_announces_itself_and_dies_with_its_parent(tmp_path: Path) -> None:
    async with process("--announce", "--exit-with-stdin", "--data", str(tmp_path)) as child:
        told = await _announced(child)
        assert told["ready"] is True
        assert told["pid"] == child.pid
        assert len(told["peers"]) == 3
        client = await DevnetClient.connect(told["control"], told["token"])
        assert tuple(each.address for each in await client.status()) == tuple(told["peers"])
        await client.close()
        child.stdin.close()
        assert await _ended(child) == 0
        assert await child.stderr.read() == b""


async def test_a_killed_process_with_a_folder_loses_no_block(tmp_path: Path) -> None:
    flags = ("--announce", "--exit-with-stdin", "--data", str(tmp_path), "--nodes", "2")
    async with process(*flags) as child:
        told = await _announced(child)
        client = await DevnetClient.connect(told["control"], told["token"])
        await client.mine(5)
        before = [(each.height, each.tip) for each in await client.status()]
        child.kill()
        await _ended(child)
        await client.close()
    async with process(*flags) as child:
        told = await _announced(child)
        client = await DevnetClient.connect(told["control"], told["token"])
        assert [(each.height, each.tip) for each in await client.status()] == before
        await client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals on Windows")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
async def test_a_signal_ends_it_cleanly_and_leaves_nothing_behind(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    async with process("--announce") as child:
        await _announced(child)
        assert _left_in(tmp_path)
        child.send_signal(getattr(signal, name))
        assert await _ended(child) == 0
        assert await child.stderr.read() == b""
    assert not _left_in(tmp_path)


async def test_a_person_types_and_reads() -> None:
    async with process("--nodes", "2") as child:
        child.stdin.write(f"mine 2\nfund {STRANGER} 5000\nkill 1\nwhat\nkill x\nquit\n".encode())
        async with asyncio.timeout(15):
            said, complaints = await child.communicate()
    text = said.decode()
    assert complaints == b""
    assert "Wallets connect to 127.0.0.1:" in text
    assert "Sent and confirmed: " in text
    assert "Type one of these:" in text
    assert "A whole number is missing." in text
    assert text.endswith("The network has stopped.\n")


def test_the_table_is_aligned_and_a_dead_node_is_seen_without_colour() -> None:
    tip = "ab" * 32
    status = (
        NodeStatus("node 0", "127.0.0.1:4001", True, 110, tip, ("cd" * 32,)),
        NodeStatus("node 1", "127.0.0.1:40002", False, 9, tip, ()),
    )
    assert console.table(status).splitlines() == [
        "          address          height  tip                waiting",
        "● node 0  127.0.0.1:4001   110     abababab…abababab  1",
        "✗ node 1  127.0.0.1:40002  9       abababab…abababab  dead",
    ]


def test_help_is_written_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "play money" in text
    assert "fund ADDRESS SATS" in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_a_taken_electrum_port_is_a_sentence_and_status_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert cli.main(["--nodes", "1", "--electrum", port]) == 1
    assert "another program listens there" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "101", "-1", "three", ""])
def test_a_number_of_nodes_that_makes_no_sense_is_refused(
    count: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--nodes", count])
    assert "between 1 and 100" in capsys.readouterr().err
