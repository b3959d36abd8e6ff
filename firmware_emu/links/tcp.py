"""A TCP port on loopback. Every connection is a port of its own; they come and go as they like."""

import asyncio
import errno
import ipaddress
from itertools import count

from firmware_emu.events import BytesIn, Port
from firmware_emu.links import LinkError
from firmware_emu.shell import Shell

LOOPBACK = "127.0.0.1"
BACKLOG = 32  # clients open several connections in a row and give each one second


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
    loop = asyncio.get_running_loop()
    names = count(1)

    def connected() -> _Connection:
        return _Connection(shell, Port(personality, f"tcp {next(names)}"))

    try:
        server = await loop.create_server(connected, host, port, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        raise LinkError(_why_not(port, host, error)) from error
    return TcpListener(server)


def _why_not(port: int, host: str, error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"TCP port {port} on {host} is in use. Choose another with --tcp."
    return f"TCP port {port} on {host} cannot be used: {error}."


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name may mean another machine tomorrow


class _Connection(asyncio.Protocol):
    def __init__(self, shell: Shell, port: Port) -> None:
        self._shell = shell
        self._port = port
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream was expected")
        self._transport = transport
        self._shell.plug_in(self._port, transport.write)

    def data_received(self, data: bytes) -> None:
        self._shell.happen(BytesIn(self._port, data))

    def eof_received(self) -> bool:
        # The device answers what it still owes while it handles the closing, and the transport
        # sends that before it closes. A client that got no answer would wait for ever.
        self._shell.pull_out(self._port, callback=self._close)
        return True  # not closed yet

    def connection_lost(self, _error: Exception | None) -> None:
        self._shell.pull_out(self._port)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    # A client that asks and never reads: its questions wait, our memory does not grow.
    def pause_writing(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()
