import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from host.p2p import peer as peers
from host.p2p.messages import MAGIC, PeerMessage, Version
from host.p2p.peer import Address, Peer, PeerGone
from tests.devnets import NOBODY

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
REGTEST = MAGIC["regtest"]
THEIRS = Version(9, 0, 0, "/stranger:1/", 7)
Script = Callable[[Reader, Writer], Awaitable[None]]


@asynccontextmanager
async def stranger(script: Script) -> AsyncIterator[Address]:
    """Somebody who listens and does whatever `script` says to whoever calls, until the end."""
    calls = set[asyncio.Task[None]]()

    async def called(reader: Reader, writer: Writer) -> None:
        if call := asyncio.current_task():
            calls.add(call)
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(called, "127.0.0.1", 0)
    async with server:
        yield Address(*server.sockets[0].getsockname()[:2])
        for call in calls:  # from Python 3.12 on a server waits for them
            call.cancel()


def _say(writer: Writer, command: str, payload: bytes = b"") -> None:
    writer.write(PeerMessage(command, payload).encode(REGTEST))


def _greet(writer: Writer, *before_verack: str) -> None:
    _say(writer, "version", THEIRS.encode())
    for command in before_verack:
        _say(writer, command)
    _say(writer, "verack")


async def _connect(address: Address, timeout_s: float = 5) -> Peer:
    return await Peer.connect(address, "regtest", NOBODY, timeout_s)


async def test_after_the_handshake_we_know_who_they_say_they_are() -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        _greet(writer, "wtxidrelay", "sendaddrv2")
        await reader.read()

    async with stranger(script) as address:
        peer = await _connect(address)
        assert peer.version == THEIRS
        await peer.close()


@pytest.mark.parametrize(
    ("hello", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "magic"),
        (PeerMessage("verack").encode(REGTEST), "must be version"),
        (PeerMessage("version", b"\0" * 20).encode(REGTEST), "handshake is wrong"),
        (
            PeerMessage("version", Version(0, 0, 0, "", 0, protocol=209).encode()).encode(REGTEST),
            "old",
        ),
        (
            PeerMessage("version", THEIRS.encode()).encode(REGTEST)
            + PeerMessage("sendaddrv2").encode(REGTEST) * 21,
            "Too much",
        ),
        (b"", "hung up"),
    ],
)
async def test_a_bad_handshake_is_a_peer_gone_with_the_reason(hello: bytes, why: str) -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        writer.write(hello)
        await writer.drain()
        writer.write_eof()
        await reader.read()

    async with stranger(script) as address:
        with pytest.raises(PeerGone, match=why):
            await _connect(address)


async def test_silence_is_not_waited_for_longer_than_asked() -> None:
    async def script(reader: Reader, _writer: Writer) -> None:
        await reader.read()

    async with stranger(script) as address:
        with pytest.raises(PeerGone, match="did not finish"):
            await _connect(address, timeout_s=0.05)


async def test_nobody_there_is_a_peer_gone() -> None:
    async with stranger(lambda *_: asyncio.sleep(0)) as address:
        pass
    with pytest.raises(PeerGone, match="does not answer"):
        await _connect(address)


async def test_pings_are_answered_and_not_shown() -> None:
    pongs: list[bytes] = []

    async def script(reader: Reader, writer: Writer) -> None:
        _greet(writer)
        _say(writer, "ping", b"12345678")
        _say(writer, "notfound")
        while not pongs:
            head = await reader.readexactly(24)
            payload = await reader.readexactly(int.from_bytes(head[16:20], "little"))
            if head[4:16].startswith(b"pong"):
                pongs.append(payload)
        _say(writer, "inv", b"\0")
        await reader.read()

    async with stranger(script) as address:
        peer = await _connect(address)
        assert [(await peer.receive()).command for _ in range(2)] == ["notfound", "inv"]
        assert pongs == [b"12345678"]
        await peer.close()


async def test_garbage_after_the_handshake_ends_the_conversation() -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        _greet(writer)
        await reader.readuntil(b"verack")
        writer.write(b"\0" * 100)
        await reader.read()

    async with stranger(script) as address:
        peer = await _connect(address)
        with pytest.raises(PeerGone, match="broke the protocol"):
            await peer.receive()


async def _never_reads(reader: Reader, writer: Writer) -> None:
    _greet(writer)
    reader._transport.pause_reading()
    await asyncio.Event().wait()


async def test_a_peer_that_never_reads_is_dropped_before_it_fills_our_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peers, "MAX_UNREAD", 1_000_000)

    async with stranger(_never_reads) as address:
        peer = await _connect(address)
        for _ in range(200):
            peer.send("block", bytes(100_000))
        assert peer._writer.transport.get_write_buffer_size() < 2_000_000
        with pytest.raises(PeerGone):
            await peer.receive()


async def test_a_peer_that_never_reads_is_not_waited_for_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peers, "CLOSE_S", 0.1)

    async with stranger(_never_reads) as address:
        peer = await _connect(address)
        for _ in range(120):
            peer.send("block", bytes(100_000))
        assert peer._writer.transport.get_write_buffer_size() > 0
        async with asyncio.timeout(5):
            await peer.close()


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:8333", "127.0.0.1", 8333), ("[::1]:18444", "::1", 18444), ("a.b:1", "a.b", 1)],
)
def test_an_address_reads_back(text: str, host: str, port: int) -> None:
    assert Address.parse(text) == Address(host, port)
    assert str(Address(host, port)) == text
