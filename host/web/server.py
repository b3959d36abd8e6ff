"""The page and its wire, over HTTP on loopback, for who has the token.

Threat: T127. Other programs' users, and web pages in the same browser, must neither see nor press
anything. A page elsewhere can send requests here, and by a name of its own that leads here (DNS
rebinding) it could read answers: Host must be this server's address, Origin its own, and whatever
shows or types something needs the token, which stands in the fragment of the address and is never
sent by itself.
"""

import asyncio
import hmac
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from typing import Self

from host.errors import NetworkError
from host.loopback import LoopbackServer, read_headers
from host.web.driver import Wire

MAX_BODY = 200_000  # bytes: a pasted PSBT
PATIENCE_S = 10.0  # for a whole request
MAX_CALLERS = 32
FILES = {"/": "page.html", "/terminal.js": "terminal.js", "/page.css": "page.css"}
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
GUARDS = (
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class _Refused(Exception):
    """The status of an answer that is a no."""


class WebServer:
    """Open until closed. One browser at a time looks and types."""

    def __init__(self, wire: Wire, port: int = 0) -> None:
        """It listens at `port` of loopback, or at any free one for 0."""
        self._wire = wire
        self._port = port
        self._token = secrets.token_urlsafe(32)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = LoopbackServer(self._called)
        self._hosts: frozenset[str] = frozenset()

    async def start(self) -> None:
        """Open the door. Raises NetworkError."""
        try:
            _, self._port = await self._server.start(self._port)
        except OSError as error:
            raise NetworkError(
                f"The browser's port cannot be 127.0.0.1:{self._port}: another program listens"
                " there. End that program, or choose another port."
            ) from error
        self._hosts = frozenset(f"{name}:{self._port}" for name in ("127.0.0.1", "localhost"))

    @property
    def url(self) -> str:
        """With the token: who has it has the wallet's screen and keyboard."""
        return f"http://127.0.0.1:{self._port}/#{self._token}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(self._tasks)

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MAX_CALLERS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(PATIENCE_S):
                request = await _read(reader)
            try:
                await self._answer(request, reader, writer)
            except _Refused as refusal:
                await _send(writer, str(refusal), b"")

    async def _answer(
        self, request: _Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._check_source(request)
        match request.method, request.path:
            case "GET", path if path in FILES:
                name = FILES[path]
                content = resources.files("host.web").joinpath(name).read_bytes()
                await _send(writer, "200 OK", content, TYPES[name.rpartition(".")[2]])
            case "GET", "/screen":
                self._check_token(request)
                await self._show(reader, writer)
            case "POST", "/keys":
                self._check_token(request)
                self._wire.type(request.body.decode("utf-8", "replace"))
                await _send(writer, "204 No Content", b"")
            case "POST", "/size":
                self._check_token(request)
                self._wire.resize(*_size(request.body))
                await _send(writer, "204 No Content", b"")
            case _:
                raise _Refused("404 Not Found")

    def _check_source(self, request: _Request) -> None:
        """Raises _Refused for a page that is not ours, whatever it calls us."""
        host = request.headers.get("host", "")
        origin = request.headers.get("origin", f"http://{host}")
        site = request.headers.get("sec-fetch-site", "none")
        if host not in self._hosts or origin != f"http://{host}":
            raise _Refused("403 Forbidden")
        if site not in {"none", "same-origin"}:
            raise _Refused("403 Forbidden")

    def _check_token(self, request: _Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            raise _Refused("401 Unauthorized")

    async def _show(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._wire.taken:
            raise _Refused("409 Conflict")
        self._wire.look()
        gone = asyncio.create_task(reader.read(1))
        try:
            head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
            writer.write(f"{head}{GUARDS}Connection: close\r\n\r\n".encode())
            while not gone.done():
                drawn = asyncio.create_task(self._wire.read())
                await asyncio.wait({gone, drawn}, return_when=asyncio.FIRST_COMPLETED)
                if not drawn.done():
                    drawn.cancel()
                    return
                if not drawn.result():
                    return
                writer.write(drawn.result().encode())
                await writer.drain()
        finally:
            gone.cancel()
            self._wire.look_away()


def _size(body: bytes) -> tuple[int, int]:
    """Columns and rows. Raises _Refused."""
    try:
        columns, rows = json.loads(body)
        return int(columns), int(rows)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _Refused("400 Bad Request") from error


async def _read(reader: asyncio.StreamReader) -> _Request:
    """Raises ValueError for what is no request, or too long."""
    method, path, _ = (await reader.readline()).decode("latin-1").split(" ")
    headers = await read_headers(reader)
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= MAX_BODY or "transfer-encoding" in headers:
        raise ValueError
    return _Request(method, path, headers, await reader.readexactly(length))


async def _send(
    writer: asyncio.StreamWriter, status: str, body: bytes, kind: str = "text/plain"
) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n{GUARDS}"
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.write_eof()
