"""One resolver of names, asked over TCP: this system's own, or one that a person named."""

import asyncio
import secrets
from pathlib import Path

from host.dialer import Streams
from host.errors import BadInput, NetworkError
from host.servers import location
from host.servers.dns import messages
from host.servers.dns.messages import DnsAnswer
from host.servers.tunnel import Route, connect
from signer.dnssec.wire import Name
from signer.errors import Malformed

PORT = 53
PATIENCE_S = 10.0
_SYSTEM = Path("/etc/resolv.conf")


def route(dns: str, proxy: str) -> Route:
    """How the resolver is reached: `dns` is HOST or HOST:PORT, or "" for the system's own.

    Raises BadInput: it cannot be read, or none is known.
    """
    if not dns and proxy:
        raise BadInput(
            "The proxy does not reach the resolver of this system. Nothing was asked. Name one to"
            " be asked through the proxy: --dns HOST."
        )
    host, port = _location(dns or _system_resolver())
    return Route(host, port, location.dialer(proxy, [host]))


def _location(text: str) -> tuple[str, int]:
    if text.count(":") == 1 or "]:" in text:
        return location.parse(text, f"9.9.9.9:{PORT}")
    plain = text.strip().removeprefix("[").removesuffix("]")
    host = f"[{plain}]" if ":" in plain else plain
    return location.parse(f"{host}:{PORT}", f"9.9.9.9:{PORT}")


def _system_resolver() -> str:
    try:
        rows = [line.split() for line in _SYSTEM.read_text("utf-8", "replace").splitlines()]
    except OSError:
        rows = []
    servers = [row[1] for row in rows if len(row) > 1 and row[0] == "nameserver"]
    if not servers:
        raise BadInput(
            "This system does not say which resolver of names it asks. Nothing was asked. Name one:"
            " --dns HOST."
        )
    return servers[0]


class DnsClient:
    """One connection, and several questions over it, one behind the other; `close` it."""

    def __init__(self, resolver: Route) -> None:
        self._route = resolver
        self._streams: Streams | None = None

    async def ask(self, name: Name, kind: int) -> DnsAnswer:
        """Raises NetworkError: no answer, or none that can be read."""
        ident = secrets.randbelow(1 << 16)
        query = messages.question(ident, name, kind)
        try:
            reply = await self._exchange(query)
        except (OSError, asyncio.IncompleteReadError, NetworkError) as error:
            if isinstance(error, NetworkError) and self._route.dialer.proxy:
                raise  # it says which of the two does not answer
            raise silent(self._route) from error
        try:
            return messages.read_answer(reply, ident, name, kind)
        except Malformed as error:
            raise NetworkError(
                f"The resolver {self._route.name} gave no answer that can be read: {error} Nothing"
                " was paid. Name another one with --dns HOST."
            ) from error

    async def _exchange(self, query: bytes) -> bytes:
        if self._streams is not None:
            try:
                return await self._send(self._streams, query)
            except (OSError, asyncio.IncompleteReadError):
                self.close()  # RFC 7766, 6.2.3: it may hang up between two questions
        self._streams = await connect(self._route)
        return await self._send(self._streams, query)

    async def _send(self, streams: Streams, query: bytes) -> bytes:
        reader, writer = streams
        writer.write(len(query).to_bytes(2) + query)
        size = int.from_bytes(await reader.readexactly(2))
        return await reader.readexactly(size)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


def silent(resolver: Route) -> NetworkError:
    """That it did not answer, in time or at all."""
    return NetworkError(
        f"The resolver {resolver.name} does not answer over TCP. Nothing was paid. Check the"
        " connection, or name another one with --dns HOST."
    )
