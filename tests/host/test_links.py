"""Cables: TCP and serial, plugged and pulled."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest

from host.app.connect import connect
from host.errors import HostError, LinkLost
from host.links import Link
from host.links.serial import SerialLink
from host.links.tcp import TcpLink

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")
PIECE = bytes(range(256)) * 40


class Far:
    """The other end of a link: what arrives there, and a way to hang up."""

    async def read(self, count: int) -> bytes:
        raise NotImplementedError

    async def write(self, data: bytes) -> None:
        raise NotImplementedError

    async def hang_up(self) -> None:
        raise NotImplementedError


class FarTcp(Far):
    def __init__(self) -> None:
        self.called: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.get_running_loop().create_future()
        )

    async def start(self) -> Link:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.called.set_result((reader, writer))

        self.server = await asyncio.start_server(answer, "127.0.0.1", 0)
        link = await TcpLink.open(*self.server.sockets[0].getsockname()[:2])
        self.reader, self.writer = await self.called
        return link

    async def read(self, count: int) -> bytes:
        return await self.reader.readexactly(count)

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hang_up(self) -> None:
        self.writer.close()
        self.server.close()


class FarSerial(Far):
    def __init__(self) -> None:
        self.master, self.slave = os.openpty()

    async def start(self) -> Link:
        self.path = os.ttyname(self.slave)
        link = await SerialLink.open(self.path)
        os.close(self.slave)
        return link

    async def read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += await asyncio.to_thread(os.read, self.master, count - len(data))
        return data

    async def write(self, data: bytes) -> None:
        while data:
            data = data[await asyncio.to_thread(os.write, self.master, data) :]

    async def hang_up(self) -> None:
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


Ends = tuple[Link, Far]


@pytest.fixture(params=["tcp", pytest.param("serial", marks=posix)])
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[Ends]:
    far: FarTcp | FarSerial = FarTcp() if request.param == "tcp" else FarSerial()
    link = await far.start()
    yield link, far
    await link.close()
    await far.hang_up()


async def _received(link: Link, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += await link.receive()
    return data


async def test_every_byte_arrives_both_ways(ends: Ends) -> None:
    link, far = ends
    sent, arrived = await asyncio.gather(link.send(PIECE), far.read(len(PIECE)))
    assert (sent, arrived) == (None, PIECE)
    _, arrived = await asyncio.gather(far.write(PIECE), _received(link, len(PIECE)))
    assert arrived == PIECE


async def test_an_answer_that_comes_later_is_waited_for(ends: Ends) -> None:
    link, far = ends
    waiting = asyncio.create_task(link.receive())
    await link.send(b"?")
    assert await far.read(1) == b"?"
    assert not waiting.done()
    await far.write(b"!")
    assert await waiting == b"!"


async def test_a_pulled_cable_ends_the_waiting_in_a_sentence(ends: Ends) -> None:
    link, far = ends
    waiting = asyncio.create_task(link.receive())
    await link.send(b"?")
    await far.read(1)
    await far.hang_up()
    with pytest.raises(LinkLost, match=r"Nothing was paid\. .* try again\."):
        await waiting
    with pytest.raises(LinkLost):
        await link.receive()


async def test_what_arrived_before_the_cable_was_pulled_is_read(ends: Ends) -> None:
    link, far = ends
    await far.write(b"last words")
    assert await _received(link, 10) == b"last words"
    await far.hang_up()
    with pytest.raises(LinkLost):
        await link.receive()


async def test_closing_takes_no_time_and_can_be_done_twice(ends: Ends) -> None:
    link, _ = ends
    async with asyncio.timeout(5):
        await link.close()
        await link.close()


async def test_nothing_is_sent_into_a_closed_link(ends: Ends) -> None:
    link, _ = ends
    await link.close()
    with pytest.raises(LinkLost):
        await link.send(b"?")


@posix
async def test_a_serial_port_has_one_owner() -> None:
    far = FarSerial()
    link = await far.start()
    with pytest.raises(LinkLost, match="close other programs"):
        await SerialLink.open(far.path)
    await link.close()
    await far.hang_up()


@posix
async def test_an_answer_to_somebody_who_is_gone_is_not_read() -> None:
    far = FarSerial()
    os.write(far.master, b"for the one before\n")
    link = await far.start()
    await far.write(b"for you")
    assert await _received(link, 7) == b"for you"
    await link.close()
    await far.hang_up()


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("tcp:127.0.0.1:1", "No device answers at 127.0.0.1:1"),
        ("serial:/dev/no-such-port", "cannot be opened"),
        ("serial:", "names no device"),
        ("tcp:127.0.0.1", "no port"),
        ("tcp:127.0.0.1:65536", "no port"),
        ("usb", "names no device"),
        ("", "names no device"),
    ],
)
async def test_a_device_that_is_not_there_is_said_in_a_sentence(where: str, says: str) -> None:
    with pytest.raises(HostError, match=says) as refused:
        await connect(where)
    assert str(refused.value).endswith(".")
