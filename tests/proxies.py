"""A SOCKS5 proxy of the tests' own, which remembers whom it called for whom, and from where."""

import asyncio
from ipaddress import ip_address
from typing import Self

from tests.esplora import served

NO_PASSWORD, PASSWORD, NONE_FITS = 0, 2, 255


class Socks:
    """RFC 1928 and RFC 1929. It knows the names it is given, and every port of 127.0.0.1.

    `asked` are the hosts and ports that it was asked for, `users` the names that came with them,
    `outgoing` the ports that its own calls came from.
    """

    def __init__(
        self, names: dict[str, int], *, method: int = PASSWORD, delay_s: float = 0.0
    ) -> None:
        """`names` are ports of this machine, whatever port is asked for."""
        self._names = names
        self._method = method
        self._delay_s = delay_s
        self.asked: list[tuple[str, int]] = []
        self.users: list[str] = []
        self.outgoing: set[int] = set()

    async def __aenter__(self) -> Self:
        self._server = served(self._serve)
        self.port = await self._server.__aenter__()
        self.url = f"socks5://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.__aexit__(None, None, None)

    def users_of(self, host: str) -> list[str]:
        """The names that came with calls of that host."""
        pairs = zip(self.asked, self.users, strict=True)
        return [user for (asked, _), user in pairs if asked == host]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._pass_on(reader, writer)
        except (OSError, EOFError):
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        offered = await reader.readexactly(count)
        method = self._method if self._method in offered else NONE_FITS
        writer.write(bytes([5, method]))
        user = await _user(reader, writer) if method == PASSWORD else ""
        host, port = await _wanted(reader)
        self.asked.append((host, port))
        self.users.append(user)
        await asyncio.sleep(self._delay_s)
        place = port if host == "127.0.0.1" else self._names.get(host)
        if place is None:
            writer.write(b"\x05\x04\x00\x01" + bytes(6))
            writer.close()
            return
        theirs, out = await asyncio.open_connection("127.0.0.1", place)
        self.outgoing.add(out.get_extra_info("sockname")[1])
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await asyncio.gather(_copy(reader, out), _copy(theirs, writer), return_exceptions=True)


async def _user(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    _, length = await reader.readexactly(2)
    user = await reader.readexactly(length)
    await reader.readexactly((await reader.readexactly(1))[0])
    writer.write(b"\x01\x00")
    return user.decode()


async def _wanted(reader: asyncio.StreamReader) -> tuple[str, int]:
    _, _, _, kind = await reader.readexactly(4)
    length = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
    address = await reader.readexactly(length)
    host = address.decode() if kind == 3 else str(ip_address(address))
    return host, int.from_bytes(await reader.readexactly(2))


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(1 << 16):
            sink.write(data)
    finally:
        sink.close()
