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

from host.config import private_folder
from host.errors import NetworkError

CONNECT_S = 15.0
CHUNK = 1 << 16
BY_AUTHORITY = "authority"  # the certificate was signed by somebody this machine trusts
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Route:
    """How a server is reached. `certificates` is the file of known ones; None is without TLS."""

    host: str
    port: int
    proxy: tuple[str, int] | None = None
    certificates: Path | None = None

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


class Tunnel:
    """`open`, then connect to `127.0.0.1:port`; `close` when done."""

    def __init__(self, route: Route) -> None:
        self._route = route
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
            their_reader, their_writer = await connect(self._route)
        except NetworkError:
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
        async with asyncio.timeout(CONNECT_S):
            if route.certificates is None:
                return await _reach(route)
            return await _with_tls(route, route.certificates)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise NetworkError(
            f"{route.name} does not answer. Nothing was lost. Check the connection, the address"
            " of the server and, if there is one, the proxy, and try again."
        ) from error


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
    if route.proxy is None:
        name = route.host if context else None
        return await asyncio.open_connection(
            route.host, route.port, ssl=context, server_hostname=name
        )
    reader, writer = await asyncio.open_connection(*route.proxy)
    is_through = False
    try:
        await _ask_proxy(reader, writer, route)
        if context is not None:
            await writer.start_tls(context, server_hostname=route.host)
        is_through = True
    finally:
        if not is_through:
            writer.close()
    return reader, writer


async def _ask_proxy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, route: Route
) -> None:
    """SOCKS5 (RFC 1928) without a password. The proxy looks the name up, not this machine."""
    host = route.host.encode("idna") if not route.host.isascii() else route.host.encode()
    if len(host) > 255:
        raise NetworkError(f"The name of the server is too long: {route.host[:80]}.")
    writer.write(b"\x05\x01\x00")
    if await reader.readexactly(2) != b"\x05\x00":
        raise NetworkError("The proxy does not speak SOCKS5 without a password. Nothing was sent.")
    request = b"\x05\x01\x00\x03" + bytes([len(host)]) + host + route.port.to_bytes(2)
    writer.write(request)
    version, status, _, kind = await reader.readexactly(4)
    if version != 5 or status != 0:
        raise NetworkError(f"The proxy does not reach {route.name}. Nothing was sent.")
    length = {1: 4, 4: 16}.get(kind)
    if length is None:
        (length,) = await reader.readexactly(1)
    await reader.readexactly(length + 2)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


def _read(file: Path) -> dict[str, str]:
    """Raises NetworkError for a file that cannot be read: trust is not begun anew by accident."""
    try:
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
