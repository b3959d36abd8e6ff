"""A TCP server that answers late: another one, behind a door that waits before each answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.esplora import served

PIECE = 1 << 16


@asynccontextmanager
async def slowed(port: int, delay_s: float) -> AsyncIterator[int]:
    """The port of 127.0.0.1 that speaks for `port`, each answer `delay_s` later than there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):  # the test is over
            answers, questions = await asyncio.open_connection("127.0.0.1", port)
            passing = _pass_on(reader, questions, 0), _pass_on(answers, writer, delay_s)
            await asyncio.gather(*passing, return_exceptions=True)

    async with served(serve) as door:
        yield door


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float
) -> None:
    try:
        while piece := await reader.read(PIECE):
            await asyncio.sleep(delay_s)
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
