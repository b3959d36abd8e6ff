"""A port of this machine whose connections all end with it.

asyncio loses the socket of a caller who is half taken when a server is closed, and leaves the
connections open that were taken. Nor does a task that is cancelled before its first step run its
`finally`. So a server here stops listening first, and knows each connection before anybody talks.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress

LINE_LIMIT = 2**16  # bytes, as in asyncio
MAX_HEADERS = 64

# asyncio takes a caller in three rounds of its loop: accept, transport, stream.
_ROUNDS_OF_A_CALL = 4

Called = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


class LoopbackServer:
    """Listens from `start` on; `called` gets the two streams of each caller."""

    def __init__(self, called: Called, limit: int = LINE_LIMIT) -> None:
        """`limit` is the longest line of a caller, in bytes."""
        self._handle = called
        self._limit = limit
        self._server: asyncio.Server | None = None
        self._closing: asyncio.Task[None] | None = None
        self._open: set[asyncio.WriteTransport] = set()

    async def start(self, port: int = 0) -> tuple[str, int]:
        """Its address; port 0 takes any free one. Raises OSError."""
        self._closing = None
        self._server = await asyncio.start_server(
            self._called, "127.0.0.1", port, limit=self._limit
        )
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    def close(self) -> None:
        """Take nobody more; callers who were taken may go on."""
        if self._server and not self._closing:
            self._closing = asyncio.create_task(_close(self._server))

    async def stop(self, tasks: Collection[asyncio.Task[None]] = ()) -> None:
        """Take nobody more, end the tasks that talk to callers, and hang up on everybody."""
        self.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._closing:
            await self._closing
        for transport in self._open:
            transport.abort()
        await asyncio.sleep(0)  # sockets that were aborted are closed when the loop comes round

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closing:
            writer.transport.abort()
            return
        self._open = {call for call in self._open if _has_socket(call)} | {writer.transport}
        self._handle(reader, writer)


def _has_socket(call: asyncio.WriteTransport) -> bool:
    """Who was hung up on and does not read what is left to say keeps his."""
    return bool(call.get_extra_info("socket").fileno() >= 0)


async def read_headers(reader: asyncio.StreamReader) -> dict[str, str]:
    """Of an HTTP request, names in small letters. Raises ValueError for too many, or one twice."""
    headers: dict[str, str] = {}
    while line := (await reader.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name in headers or len(headers) >= MAX_HEADERS:
            raise ValueError(name)
        headers[name] = value.strip()
    return headers


async def _close(server: asyncio.Server) -> None:
    with suppress(NotImplementedError):  # Windows has no readers
        for listener in server.sockets:
            asyncio.get_running_loop().remove_reader(listener.fileno())
    for _ in range(_ROUNDS_OF_A_CALL):
        await asyncio.sleep(0)
    server.close()
