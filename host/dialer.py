"""Connections to the network: straight, or all of them through a SOCKS5 proxy such as Tor's.

The proxy looks names up, and this machine does not. Tor gives each user name and password a
circuit of its own (tor(1), IsolateSOCKSAuth): they are made up here, so that who should not be
linked is called over circuits of their own. A proxy that asks for none gets none.
Source: RFC 1928 (SOCKS5), RFC 1929 (user names and passwords), RFC 7686 (.onion).
"""

import asyncio
import secrets
import ssl
from dataclasses import dataclass
from ipaddress import ip_address

from host.errors import NetworkError

NO_PASSWORD, PASSWORD = 0, 2
LONGEST_NAME = 255  # bytes
CHECK_S = 5.0
SLOWER = 5.0  # times as long is waited through a proxy: Tor makes a circuit first
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ProxyGone(OSError):
    """No SOCKS5 proxy answers there, or it wants a password that is not made up."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A SOCKS5 proxy: the first of `places` that answers, each a host and a port."""

    name: str
    places: tuple[tuple[str, int], ...]


# Tor as a service, and as it comes with Tor Browser.
TOR = Proxy("Tor", (("127.0.0.1", 9050), ("127.0.0.1", 9150)))


class Dialer:
    """Calls whoever is to be called, and knows no other way than the one it was made with."""

    def __init__(self, proxy: Proxy | None = None) -> None:
        self.proxy = proxy
        self._circuits: dict[str, str] = {}

    async def connect(
        self, host: str, port: int, circuit: str = "", context: ssl.SSLContext | None = None
    ) -> Streams:
        """A connection, with TLS when there is a `context`. Raises OSError.

        Through Tor, those of one `circuit` share one, and one without shares it with nobody.
        """
        if self.proxy is None:
            if host.lower().rstrip(".").endswith(".onion"):
                raise OSError(f"{host} is reached through Tor only.")  # nobody is asked for it
            name = host if context else None
            return await asyncio.open_connection(host, port, ssl=context, server_hostname=name)
        reader, writer = await self._call_proxy(self.proxy)
        is_through = False
        try:
            await self._greet(reader, writer, circuit)
            await _ask(reader, writer, host, port)
            if context is not None:
                await writer.start_tls(context, server_hostname=host)
            is_through = True
        finally:
            if not is_through:
                writer.transport.abort()
        return reader, writer

    async def check(self) -> None:
        """That the proxy is there, if there is one. Raises NetworkError with what to do."""
        if self.proxy is None:
            return
        try:
            async with asyncio.timeout(CHECK_S):
                reader, writer = await self._call_proxy(self.proxy)
                try:
                    await self._greet(reader, writer, "")
                finally:
                    writer.transport.abort()
        except (OSError, EOFError, TimeoutError) as error:
            places = " or ".join(f"{host}:{port}" for host, port in self.proxy.places)
            raise NetworkError(
                f"No SOCKS5 proxy answers at {places}. Nothing was sent, and nobody was asked"
                " without it. Start it and try again, or name where it is with --proxy."
            ) from error

    def patience(self, seconds: float) -> float:
        """How long to wait for what takes so long on a straight way."""
        return seconds * SLOWER if self.proxy else seconds

    async def _call_proxy(self, proxy: Proxy) -> Streams:
        for host, port in proxy.places:
            try:
                return await asyncio.open_connection(host, port)
            except OSError:
                continue
        raise ProxyGone("The proxy does not answer.")

    async def _greet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, circuit: str
    ) -> None:
        """RFC 1928, 3; RFC 1929. A proxy takes the way that it likes better."""
        writer.write(bytes([5, 2, NO_PASSWORD, PASSWORD]))
        version, method = await reader.readexactly(2)
        if version != 5 or method not in {NO_PASSWORD, PASSWORD}:
            raise ProxyGone("That is no SOCKS5 proxy for everybody.")
        if method == PASSWORD:
            name = self._name_of(circuit).encode()
            writer.write(b"\x01" + bytes([len(name)]) + name + bytes([len(name)]) + name)
            if (await reader.readexactly(2))[1] != 0:
                raise ProxyGone("The proxy wants a password.")

    def _name_of(self, circuit: str) -> str:
        if not circuit:
            return secrets.token_hex(16)
        return self._circuits.setdefault(circuit, secrets.token_hex(16))


DIRECT = Dialer()


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int
) -> None:
    """RFC 1928, 4 and 6. The answer's own address says nothing here."""
    writer.write(b"\x05\x01\x00" + _address(host) + port.to_bytes(2))
    version, status, _, kind = await reader.readexactly(4)
    if version != 5 or status != 0:
        raise OSError(f"The proxy does not reach {host}:{port}.")
    length = {1: 4, 4: 16}.get(kind)
    if length is None:
        (length,) = await reader.readexactly(1)
    await reader.readexactly(length + 2)


def _address(host: str) -> bytes:
    """RFC 1928, 5. Raises OSError for a name that is too long, or none."""
    try:
        number = ip_address(host)
    except ValueError:
        pass
    else:
        return bytes([1 if number.version == 4 else 4]) + number.packed
    try:
        name = host.encode("idna" if not host.isascii() else "ascii")
    except UnicodeError as error:
        raise OSError("That is no name of a server.") from error
    if not 0 < len(name) <= LONGEST_NAME:
        raise OSError("The name of the server is too long.")
    return bytes([3, len(name)]) + name
