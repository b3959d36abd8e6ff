"""A server of this machine leaves no socket open, whoever calls at the moment it ends."""

import asyncio
import gc
import socket

import pytest

from host.loopback import LoopbackServer


@pytest.mark.parametrize("rounds", range(6))
@pytest.mark.filterwarnings("error")
async def test_who_calls_while_it_stops_is_sent_away(rounds: int) -> None:
    cancelled: list[asyncio.Task] = []
    server = LoopbackServer(
        lambda *streams: cancelled.append(asyncio.ensure_future(talk(*streams)))
    )

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
        finally:
            writer.transport.abort()

    address = await server.start()
    call = asyncio.create_task(asyncio.open_connection(*address))
    for _ in range(rounds):
        await asyncio.sleep(0)
    for task in cancelled:
        task.cancel()
    await server.stop()
    gc.collect()
    try:
        reader, writer = await call
    except ConnectionError:
        return
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.transport.abort()


async def test_calls_that_were_taken_go_on_after_it_is_closed_and_end_when_it_stops() -> None:
    taken: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = LoopbackServer(lambda _reader, writer: taken.put_nowait(writer))
    address = await server.start()
    reader, writer = await asyncio.open_connection(*address)
    caller = await taken.get()
    server.close()
    caller.write(b"still here")
    assert await reader.readexactly(10) == b"still here"
    await asyncio.sleep(0.05)  # until it listens no more
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection(*address)
    await server.stop()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.transport.abort()


async def test_who_was_hung_up_on_and_never_reads_is_let_go_when_it_stops() -> None:
    taken: asyncio.Queue[asyncio.WriteTransport] = asyncio.Queue()

    def called(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(50_000_000))
        writer.close()
        taken.put_nowait(writer.transport)

    server = LoopbackServer(called)
    address = await server.start()
    callers = [socket.create_connection(address) for _ in range(2)]
    calls = [await taken.get() for _ in callers]
    await server.stop()
    assert [call.get_extra_info("socket").fileno() for call in calls] == [-1, -1]
    for caller in callers:
        caller.close()
