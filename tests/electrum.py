"""The Electrum port of a devnet, with or without TLS before it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from host.devnet.electrum.server import ElectrumServer
from host.devnet.network import Devnet
from tests.esplora import served

PIECE = 1 << 16


@asynccontextmanager
async def electrum(devnet: Devnet, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The URL of such a server, for as long as it runs."""
    async with ElectrumServer(devnet) as server:
        if tls is None:
            yield f"electrum:{server.address}"
            return
        host, _, port = server.address.rpartition(":")

        async def unwrap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
            with suppress(OSError):
                await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

        async with served(unwrap, tls) as outer:
            yield f"electrum+tls:127.0.0.1:{outer}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
