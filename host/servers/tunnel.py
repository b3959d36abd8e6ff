"""A door on loopback to one server: through a SOCKS5 proxy, and with TLS that knows the server.

BDK's client speaks to the door in plain TCP; what leaves this machine goes the way asked for.
The door takes connections only while it is open, and leads to that one server only.
"""

import asyncio
import hashlib
import json
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from host import files
from host.config import private_folder
from host.dialer import DIRECT, Dialer, Streams
from host.errors import NetworkError

CONNECT_S = 15.0
CHUNK = 1 << 16
BY_AUTHORITY = "authority"  # the certificate was signed by somebody this machine trusts


@dataclass(frozen=True, slots=True)
class Route:
    """How a server is reached. `certificates` is the file of known ones; None is without TLS."""

    host: str
    port: int
    dialer: Dialer = DIRECT
    certificates: Path | None = None

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


class Tunnel:
    """`open`, then connect to `127.0.0.1:port`; `close` when done."""

    def __init__(self, route: Route, *, by_connect: bool = False) -> None:
        """`by_connect`: callers say whom they mean, as to an HTTP proxy (RFC 9110, CONNECT)."""
        self._route = route
        self._by_connect = by_connect
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """The port of the door. Raises NetworkError when the server is not the one we know."""
        # A connection of our own first: its reasons are sentences, and BDK's would be none.
        _, writer = await connect(self._route)
        writer.transport.abort()
        if self._server is None:
            self._server = await asyncio.start_server(self._called, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the transports close in the loop's next turn

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._by_connect:
                await _heed(reader, writer, self._route)
            their_reader, their_writer = await connect(self._route)
        except (NetworkError, OSError, EOFError, ValueError):
            writer.close()
            return
        try:
            await asyncio.gather(_copy(reader, their_writer), _copy(their_reader, writer))
        finally:
            writer.transport.abort()
            their_writer.transport.abort()


async def connect(route: Route) -> Streams:
    """A connection to the server that is known under this name. Raises NetworkError."""
    try:
        async with asyncio.timeout(route.dialer.patience(CONNECT_S)):
            if route.certificates is None:
                return await _reach(route)
            return await _with_tls(route, route.certificates)
    except (OSError, TimeoutError, EOFError) as error:
        await route.dialer.check()
        raise NetworkError(
            f"{route.name} does not answer{_through(route.dialer)}. Nothing was lost. Check the"
            " connection and the address of the server, and try again."
        ) from error


def _through(dialer: Dialer) -> str:
    return f" through the proxy {dialer.proxy.name}" if dialer.proxy else ""


async def _with_tls(route: Route, file: Path) -> Streams:
    """Trust on first use: by an authority for good, or by that very certificate for good."""
    pins = _read(file)
    pin = pins.get(route.name)
    if pin in {None, BY_AUTHORITY}:
        try:
            streams = await _reach(route, ssl.create_default_context())
        except ssl.SSLCertVerificationError as error:
            if pin == BY_AUTHORITY:
                raise NetworkError(_ANOTHER.format(route.name, file)) from error
        else:
            _keep(file, route.name, BY_AUTHORITY)
            return streams
    # Whatever the certificate says of itself, it must be the same each time.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    reader, writer = await _reach(route, context)
    digest = hashlib.sha256(writer.get_extra_info("ssl_object").getpeercert(True)).hexdigest()
    if pin is None:
        _keep(file, route.name, digest)
    elif pin != digest:
        writer.close()
        raise NetworkError(_ANOTHER.format(route.name, file))
    return reader, writer


_ANOTHER = (
    "{} shows another certificate than the first time. Nothing was sent. Somebody may be between"
    " you and the server. If its operator says that it was changed, delete its line from {}."
)


async def _reach(route: Route, context: ssl.SSLContext | None = None) -> Streams:
    # All of a wallet's connections to its server share a circuit: it sees whose they are anyway.
    return await route.dialer.connect(route.host, route.port, route.name, context)


async def _heed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, route: Route) -> None:
    """Take a CONNECT to that server, and to no other. Raises ValueError, EOFError, OSError."""
    request = await reader.readuntil(b"\r\n\r\n")
    host = f"[{route.host}]" if ":" in route.host else route.host
    if not request.lower().startswith(f"connect {host}:{route.port} ".lower().encode()):
        raise ValueError
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


def _read(file: Path) -> dict[str, str]:
    """Raises NetworkError for a file that cannot be read: trust is not begun anew by accident."""
    try:
        files.check(file)
        pins = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise NetworkError(
            f"The known certificates cannot be read: {file}. Nothing was sent. Repair the file, or"
            " move it away to trust each server anew."
        ) from error
    return {str(name): str(pin) for name, pin in pins.items()} if isinstance(pins, dict) else {}


def _keep(file: Path, name: str, pin: str) -> None:
    pins = _read(file)
    if pins.get(name) == pin:
        return
    private_folder(file.parent)
    scratch = file.with_suffix(".new")
    scratch.write_text(json.dumps({**pins, name: pin}, indent=1), "utf-8")
    scratch.replace(file)
