"""The cables: TCP on loopback and a serial port, with a real device at their end."""

import array
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
import serial

from firmware_emu.core.device import Device
from firmware_emu.effects import Show
from firmware_emu.emulator import MemoryFlash, ScreenView, sealed_record
from firmware_emu.events import BytesIn, Event, Shaken, Ticked, Typed
from firmware_emu.links import LinkError, pty, tcp
from firmware_emu.links.clock import SHAKE_EVERY, Clock
from firmware_emu.screens import Key
from firmware_emu.shell import Shell
from signer.formats import cbor
from tests.desk import pressed

if sys.platform != "win32":
    import fcntl
    import termios

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
H = 1 << 31
ADDRESS: dict[str | int, cbor.Value] = {
    "network": "localtest",
    "path": [84 + H, 1 + H, H, 0, 0],
    "variant": "wpkh(k)",
}


class Panel:
    """A face whose next screen can be awaited."""

    def __init__(self) -> None:
        self._screens: asyncio.Queue[ScreenView] = asyncio.Queue()

    def show(self, show: Show) -> None:
        self._screens.put_nowait(ScreenView.of(show))

    async def until(self, kind: str, text: str = "") -> ScreenView:
        while True:
            seen = await asyncio.wait_for(self._screens.get(), 10)
            if seen.kind == kind and text in seen.text:
                return seen


@pytest.fixture
def panel() -> Panel:
    return Panel()


@pytest.fixture
def shell(panel: Panel) -> Shell:
    """A locked device with a seed."""
    shell = Shell(Device(sealed_record(), bytes(range(32))), MemoryFlash(), [panel])
    shell.start()
    return shell


@pytest.fixture
async def link(shell: Shell) -> AsyncIterator[tcp.TcpListener]:
    link = await tcp.listen(shell, 0)
    yield link
    link.close()


def request(
    method: str, ticket: str = "1", params: dict[str | int, cbor.Value] | None = None
) -> bytes:
    message: dict[str | int, cbor.Value] = {"id": ticket, "method": method, "params": params}
    return cbor.encode(message)


def reply(data: bytes) -> dict[str, Any]:
    answer = cbor.decode(data, cbor.LENIENT)
    assert isinstance(answer, dict)
    return {str(key): value for key, value in answer.items()}


def unlock(shell: Shell) -> None:
    for event in (*pressed(Key.OK), Typed("1234"), *pressed(Key.OK)):
        shell.happen(event)


class Client:
    """A client on a TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, link: tcp.TcpListener) -> "Client":
        host, port = link.address.split(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def read(self) -> bytes:
        """What one read gives: some clients read once and take that for the whole reply."""
        return await asyncio.wait_for(self._reader.read(1 << 16), 10)

    async def ask(self, data: bytes) -> dict[str, Any]:
        self.writer.write(data)
        return reply(await self.read())

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def test_each_connection_gets_its_own_answers(link: tcp.TcpListener) -> None:
    clients = [await Client.to(link) for _ in range(20)]
    for number, client in enumerate(clients):
        client.writer.write(request("ping", str(number)))
    answers = [reply(await client.read()) for client in reversed(clients)]
    assert answers == [{"id": str(n), "result": 0} for n in range(19, -1, -1)]
    for client in clients:
        await client.close()


async def test_a_reply_arrives_in_one_piece(link: tcp.TcpListener) -> None:
    client = await Client.to(link)
    answer = await client.ask(request("get_version_info"))
    assert answer["result"]["JADE_STATE"] == "LOCKED"
    await client.close()


async def test_a_request_may_arrive_byte_by_byte(link: tcp.TcpListener) -> None:
    client = await Client.to(link)
    for byte in request("ping"):
        client.writer.write(bytes([byte]))
        await client.writer.drain()
    assert reply(await client.read())["result"] == 0
    await client.close()


async def test_the_device_stays_unlocked_when_a_client_leaves(
    shell: Shell, link: tcp.TcpListener
) -> None:
    unlock(shell)
    first = await Client.to(link)
    answer = await first.ask(request("auth_user", params={"network": "localtest"}))
    assert answer["result"] is True
    await first.close()
    second = await Client.to(link)
    answer = await second.ask(request("get_xpub", params={"network": "localtest", "path": []}))
    assert answer["result"].startswith("tpub")
    await second.close()


async def test_hanging_up_takes_the_prompt_away(
    shell: Shell, panel: Panel, link: tcp.TcpListener
) -> None:
    unlock(shell)
    client = await Client.to(link)
    client.writer.write(request("get_receive_address", params=ADDRESS))
    await panel.until("confirm", "Your address")
    await client.close()
    await panel.until("notice", "Cancelled")


async def test_a_client_that_only_stops_talking_still_gets_an_answer(
    shell: Shell, panel: Panel, link: tcp.TcpListener
) -> None:
    unlock(shell)
    client = await Client.to(link)
    client.writer.write(request("get_receive_address", "7", ADDRESS))
    await panel.until("confirm", "Your address")
    client.writer.write_eof()
    answer = reply(await client.read())
    assert (answer["id"], answer["error"]["code"]) == ("7", -32000)
    assert await client.read() == b""
    await client.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "localhost", "example.org"])
async def test_what_may_be_seen_by_other_machines_is_refused(shell: Shell, host: str) -> None:
    with pytest.raises(LinkError, match="Others could reach"):
        await tcp.listen(shell, 0, host=host)


async def test_other_machines_may_be_let_in_when_asked_for(shell: Shell) -> None:
    link = await tcp.listen(shell, 0, host="0.0.0.0", beyond_loopback=True)
    assert link.address.startswith("0.0.0.0:")
    link.close()


@pytest.mark.parametrize("port", [-1, 70000])
async def test_a_port_that_there_is_not_is_refused(shell: Shell, port: int) -> None:
    with pytest.raises(LinkError, match="cannot be used"):
        await tcp.listen(shell, port)


async def test_a_port_that_is_taken_is_refused(shell: Shell, link: tcp.TcpListener) -> None:
    with pytest.raises(LinkError, match=r"is in use\. Choose another with --tcp"):
        await tcp.listen(shell, int(link.address.split(":")[1]))


async def test_time_is_told_in_seconds_that_add_up_and_brings_fresh_chance() -> None:
    ticks: list[Ticked] = []
    shaken: list[Shaken] = []
    enough = asyncio.Event()

    class Listening(Shell):
        def happen(self, event: Event, callback: Callable[[], None] = lambda: None) -> None:
            callback()
            if isinstance(event, Ticked):
                ticks.append(event)
            elif isinstance(event, Shaken):
                shaken.append(event)
                enough.set()

    before = time.monotonic()
    listening = Listening(Device(None, bytes(32)), MemoryFlash())
    clock = Clock(listening, lambda count: b"!" * count, every_s=0.0005)
    await asyncio.wait_for(enough.wait(), 20)
    clock.close()
    assert 0.0005 * SHAKE_EVERY <= sum(tick.seconds for tick in ticks) <= time.monotonic() - before
    assert (len(ticks), shaken) == (SHAKE_EVERY, [Shaken(b"!" * 32)])


# The serial port


@pytest.fixture
async def cable(shell: Shell) -> AsyncIterator[pty.PtyLink]:
    cable = pty.PtyLink(shell)
    yield cable
    cable.close()


async def on_serial(path: str, *steps: Callable[[serial.Serial], object]) -> None:
    """Open the serial port as clients do, in a thread of its own, and go through the steps."""

    def client() -> None:
        with serial.Serial(path, timeout=10, write_timeout=10) as cable:
            for step in steps:
                step(cable)

    await asyncio.to_thread(client)


def ask(data: bytes, answer: list[dict[str, Any]]) -> Callable[[serial.Serial], None]:
    def step(cable: serial.Serial) -> None:
        cable.write(data)
        came = b""
        while not isinstance(cbor.decode_prefix(came, cbor.LENIENT), cbor.Complete):
            came += cable.read(1)
        answer.append(reply(came))

    return step


@POSIX
async def test_a_serial_client_is_answered_each_time_it_comes(cable: pty.PtyLink) -> None:
    answers: list[dict[str, Any]] = []
    for number in range(5):
        await on_serial(cable.address, ask(request("ping", str(number)), answers))
    assert answers == [{"id": str(n), "result": 0} for n in range(5)]


class Wire(Shell):
    """A shell whose device sends back what `answer` makes of each piece of data."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        super().__init__(Device(None, bytes(32)), MemoryFlash())
        self.answer = answer

    def happen(self, event: Event, callback: Callable[[], None] = lambda: None) -> None:
        if isinstance(event, BytesIn):
            self._lines[event.port].write(self.answer(event.data))
        callback()


@POSIX
async def test_no_byte_is_changed_on_the_way() -> None:
    """Control characters, which a terminal would echo, edit or take for an interrupt."""
    wire, back = pty.PtyLink(Wire(lambda data: data)), list[bytes]()
    everything = bytes(range(256)) * 3
    await on_serial(
        wire.address, lambda c: c.write(everything), lambda c: back.append(c.read(len(everything)))
    )
    wire.close()
    assert back == [everything]


@POSIX
async def test_an_answer_larger_than_the_cable_holds_arrives_whole() -> None:
    answer = bytes(range(256)) * 1000
    wire, back = pty.PtyLink(Wire(lambda _: answer)), list[bytes]()
    await on_serial(
        wire.address, lambda c: c.write(b"?"), lambda c: back.append(c.read(len(answer)))
    )
    wire.close()
    assert back == [answer]


@POSIX
async def test_closing_the_serial_port_takes_the_prompt_away(
    cable: pty.PtyLink, shell: Shell, panel: Panel
) -> None:
    unlock(shell)
    asked = request("get_receive_address", params=ADDRESS)
    loop = asyncio.get_running_loop()

    def wait_for_the_prompt(_cable: serial.Serial) -> None:
        seen = panel.until("confirm", "Your address")
        asyncio.run_coroutine_threadsafe(seen, loop).result(10)

    await on_serial(cable.address, lambda c: c.write(asked), wait_for_the_prompt)
    await panel.until("notice", "Cancelled")


@POSIX
async def test_the_next_client_never_reads_an_answer_to_the_one_before(
    cable: pty.PtyLink,
) -> None:
    """Answers that were never read, in the buffers on both sides of the pair."""
    many = b"".join(request("get_version_info", "old") for _ in range(60))
    await on_serial(cable.address, lambda c: c.write(many), lambda c: c.read(100))
    answers: list[dict[str, Any]] = []
    await on_serial(cable.address, ask(request("ping", "new"), answers))
    assert answers == [{"id": "new", "result": 0}]


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who opened a file")


def opened(cable: pty.PtyLink) -> int:
    return os.open(cable.address, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


async def until_readable(number: int) -> None:
    readable = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(number, readable.set)
    await asyncio.wait_for(readable.wait(), 10)
    loop.remove_reader(number)


@LINUX
async def test_a_client_that_is_there_before_the_last_was_missed_has_its_own_answers_alone(
    cable: pty.PtyLink,
) -> None:
    """T99: the port changes hands between two looks of the device, with an answer unread in it."""
    first = opened(cable)
    os.write(first, request("get_version_info", "old"))
    await until_readable(first)
    os.close(first)
    second = opened(cable)
    os.write(second, request("ping", "new"))
    await until_answered(second, b"new")
    assert reply(os.read(second, 1 << 16)) == {"id": "new", "result": 0}
    os.close(second)


async def until_answered(number: int, ticket: bytes) -> None:
    """Until this is in what can be read, which stays unread."""
    for _ in range(1000):
        held = array.array("i", [0])
        fcntl.ioctl(number, termios.FIONREAD, held)
        if held[0] and held[0] == len(cbor.encode({"id": ticket.decode(), "result": 0})):
            return
        await asyncio.sleep(0.01)


@LINUX
async def test_the_prompt_of_a_client_that_left_is_taken_away_also_where_the_next_is_there(
    cable: pty.PtyLink, shell: Shell, panel: Panel
) -> None:
    unlock(shell)
    first = opened(cable)
    os.write(first, request("get_receive_address", params=ADDRESS))
    await panel.until("confirm", "Your address")
    os.close(first)
    second = opened(cable)
    await panel.until("notice", "Cancelled")
    os.close(second)


@POSIX
@pytest.mark.usefixtures("cable")
async def test_waiting_for_a_client_costs_next_to_nothing() -> None:
    before = time.process_time()
    await asyncio.sleep(0.5)
    assert time.process_time() - before < 0.1


@pytest.mark.skipif(sys.platform != "win32", reason="there are pseudo-terminals here")
async def test_where_there_are_no_pseudo_terminals_it_says_so(shell: Shell) -> None:
    with pytest.raises(LinkError, match="no pseudo-terminals"):
        pty.PtyLink(shell)


@POSIX
async def test_a_closed_cable_leaves_nothing_open(shell: Shell) -> None:
    before = descriptors()
    pty.PtyLink(shell).close()
    assert descriptors() == before


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))  # noqa: PTH208  the folder of open files, not of files
