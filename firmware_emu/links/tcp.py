"""A TCP port on loopback. Every connection is a port of its own; they come and go as they like."""

import asyncio
import errno
import ipaddress
import os
import socket
from collections.abc import Callable
from itertools import count

from firmware_emu.crowd import Crowd
from firmware_emu.events import BytesIn, Port
from firmware_emu.links import LinkError, pieces
from firmware_emu.shell import Callback, Shell

LOOPBACK = "127.0.0.1"
BACKLOG = 128  # clients open several connections in a row and give each one second
AT_ONCE = 4096  # bytes
IN_A_ROW = 4  # connections taken before anything else is looked at
MAP_HEADS = range(0xA0, 0xC0)  # RFC 8949: major type 5. Every message of ours is a map


class TcpListener:
    """A listening socket. `address` is what a client connects to, as "host:port"."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        host, port = server.sockets[0].getsockname()[:2]
        self.address = f"{host}:{port}"

    def close(self) -> None:
        """Take no new connections. Those that are open end with their ports."""
        self._server.close()


async def listen(
    shell: Shell,
    port: int,
    personality: str = "jade",
    host: str = LOOPBACK,
    *,
    beyond_loopback: bool = False,
) -> TcpListener:
    """Listen on `host`:`port` (0 = any free one). Raises LinkError.

    The wire has no secrets and no login of its own, so a device on the network shows its
    prompts to everybody: that needs `beyond_loopback`.
    """
    if not (beyond_loopback or _is_loopback(host)):
        raise LinkError(f"Others could reach {host}. Add --beyond-loopback if you want that.")
    names, crowd = count(1), Crowd()

    def connected() -> _Connection:
        return _Connection(shell, Port(personality, f"tcp {next(names)}"), crowd)

    try:
        return TcpListener(await _serve(connected, host, port))
    except (OSError, OverflowError) as error:
        raise LinkError(_why_not(port, host, error)) from error


async def _serve(
    connected: Callable[[], asyncio.BufferedProtocol], host: str, port: int
) -> asyncio.Server:
    """Take a few connections in a row: a loop that took all at once would do nothing else (T97).

    One in a row is too few: who comes behind forty hosts with questions waits forty of their turns.
    """
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connected, host, port, backlog=IN_A_ROW)
    for listening in server.sockets:
        with socket.socket(fileno=os.dup(listening.fileno())) as same:
            same.listen(BACKLOG)
    return server


def _why_not(port: int, host: str, error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"TCP port {port} on {host} is in use. Choose another with --tcp."
    return f"TCP port {port} on {host} cannot be used: {error}."


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name may mean another machine tomorrow


class _Connection(asyncio.BufferedProtocol):
    """One client. No more of it is read than the device takes (threat T97)."""

    def __init__(self, shell: Shell, port: Port, crowd: Crowd) -> None:
        self._shell = shell
        self._port = port
        self._crowd = crowd
        self._buffer = bytearray(AT_ONCE)
        self._transport: asyncio.Transport | None = None
        self._is_new = True
        self._is_behind = False  # the device has yet to take what was read
        self._is_full = False  # the client has yet to read what was written
        self._is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream was expected")
        self._transport = transport
        self._shell.plug_in(self._port, self._write, self.drop)
        self._crowd.join(self)

    def get_buffer(self, _size: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, count: int) -> None:
        # A web page can send bytes to any port of this machine, and they begin with a word or with
        # a TLS record: nothing of it is read, whatever comes later (threat T98).
        if self._is_new and self._buffer[0] not in MAP_HEADS:
            self._close()
            return
        self._is_new = False
        self._crowd.heard(self, count)
        *first, last = pieces(bytes(memoryview(self._buffer)[:count]))
        self._is_behind = True
        for piece in first:
            self._shell.happen(BytesIn(self._port, piece))
        self._shell.happen(BytesIn(self._port, last), callback=self._taken)
        self._regulate()

    def eof_received(self) -> bool:
        # The device answers what it still owes while it handles the closing, and the transport
        # sends that before it closes. A client that got no answer would wait for ever.
        self._end(self._close)
        return True  # not closed yet

    def connection_lost(self, _error: Exception | None) -> None:
        self._crowd.leave(self)
        self._shell.pull_out(self._port)

    def drop(self) -> None:
        """End, after what the device still owes was said; nobody waits until it is read."""
        self._end(self._abort)

    # A client that asks and never reads: its questions wait, our memory does not grow.
    def pause_writing(self) -> None:
        self._is_full = True
        self._regulate()

    def resume_writing(self) -> None:
        self._is_full = False
        self._regulate()

    def _taken(self) -> None:
        self._is_behind = False
        self._regulate()

    def _regulate(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._is_behind or self._is_full or self._is_over:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _write(self, data: bytes) -> None:
        # The transport reports every write to a client that is gone, on our standard error.
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
            self._crowd.answered(self, self._transport.get_write_buffer_size())

    def _end(self, closed: Callback) -> None:
        self._is_over = True
        self._regulate()
        self._shell.pull_out(self._port, callback=closed)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _abort(self) -> None:
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._transport.abort()
        self._close()
