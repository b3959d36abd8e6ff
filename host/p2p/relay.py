"""Between the light client and one peer: passes on, and hears what the peer names as filters.

A peer could tell us one thing when it is asked, and the light client another. Here both are
compared, and a peer that stands still is seen.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from host.loopback import LoopbackServer
from host.p2p.interview import chained
from host.p2p.messages import MAGIC, FilterHeaders, MessageDecoder, PeerMessage
from host.p2p.peer import CHUNK, STRAIGHT, Address, Way
from signer.errors import Malformed

CONNECT_S = 3.0
PROGRESS = frozenset({"version", "verack", "headers", "cfheaders", "cfilter", "block"})
REQUESTS = frozenset({"getheaders", "getcfheaders", "getcfilters", "getdata"})
ANSWERS = PROGRESS - {"version", "verack"}
SOME_ANSWERS = 3  # after which it is known how quick a peer is
ENOUGH_BYTES = 50_000  # of a message that is still coming: the peer is slow, and not still
MAX_IDLE_TALK = 1_000  # messages in a row that bring nothing


class Relay:
    """One connection of the light client's, passed on to one peer. Use `start`, then `stop`.

    `filter_headers` are what the peer named, by the hash of the last block of each answer.
    `lie` is what it did that no honest peer does, or "".
    """

    def __init__(
        self, peer: Address, network: str, agreed: Mapping[bytes, bytes], way: Way = STRAIGHT
    ) -> None:
        """`agreed` are filter headers that the peer named before, by the hash of the block."""
        self.peer = peer
        self.filter_headers: dict[bytes, bytes] = {}
        self.lie = ""
        self._agreed = agreed
        self._way = way
        self._theirs, self._clients = (MessageDecoder(MAGIC[network]) for _ in range(2))
        self._server = LoopbackServer(self._called)
        self._task: asyncio.Task[None] | None = None
        self._moved = asyncio.get_running_loop().time()
        self._bytes = self._idle_talk = 0
        self._asked_at: float | None = None
        self._delays_s: list[float] = []  # the longest ones last

    @property
    def still_s(self) -> float:
        """For how many seconds the peer has brought nothing."""
        return asyncio.get_running_loop().time() - self._moved

    @property
    def has_ended(self) -> bool:
        """Whether one side has hung up, or the peer has lied."""
        return self._task is not None and self._task.done()

    @property
    def unanswered_s(self) -> float:
        """For how many seconds the peer has not begun to answer a question of the light client's.

        0 while there is none: what the light client does meanwhile is not the peer's delay.
        """
        asked_at = self._asked_at
        return 0.0 if asked_at is None else asyncio.get_running_loop().time() - asked_at

    @property
    def slowest_s(self) -> float | None:
        """How long it took at most to begin an answer; None before there were some."""
        return max(self._delays_s) if len(self._delays_s) >= SOME_ANSWERS else None

    async def start(self) -> int:
        """Wait for the light client; the port on loopback, which takes one caller."""
        _, port = await self._server.start()
        return port

    async def stop(self) -> None:
        self._server.close()
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._server.stop()

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server.close()
        self._task = asyncio.create_task(self._pass_on(reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one side hangs up, or the peer lies."""
        writers = [writer]
        try:
            async with asyncio.timeout(self._way.dialer.patience(CONNECT_S)):
                incoming, to_them = await self._way.call(self.peer)
            writers.append(to_them)
            pumps = {
                asyncio.create_task(self._pump(reader, to_them, self._heed)),
                asyncio.create_task(self._pump(incoming, writer, self._hear)),
            }
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except (OSError, EOFError, TimeoutError):
            return
        finally:
            for stream in writers:
                stream.transport.abort()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        hear: Callable[[bytes], None],
    ) -> None:
        with suppress(OSError, Malformed):
            while data := await source.read(CHUNK):
                hear(data)
                sink.write(data)
                await sink.drain()

    def _heed(self, data: bytes) -> None:
        """What the light client asks for."""
        for message in self._clients.feed(data):
            if message.command in REQUESTS and self._asked_at is None:
                self._asked_at = asyncio.get_running_loop().time()

    def _hear(self, data: bytes) -> None:
        """Raises Malformed before the light client has the last byte of what is wrong."""
        self._bytes += len(data)
        for message in self._theirs.feed(data):
            self._idle_talk += 1
            if message.command in PROGRESS:
                self._idle_talk = 0
                self._move()
            if message.command in ANSWERS and self._asked_at is not None:
                self._delays_s = sorted([*self._delays_s, self.unanswered_s])[-SOME_ANSWERS:]
                self._asked_at = None
            if self._idle_talk > MAX_IDLE_TALK:
                raise Malformed("It talks and brings nothing.")
            if message.command == "cfheaders":
                self._compare(message)
        if self._bytes > ENOUGH_BYTES and not self._idle_talk:
            self._move()

    def _move(self) -> None:
        self._moved = asyncio.get_running_loop().time()
        self._bytes = 0

    def _compare(self, message: PeerMessage) -> None:
        answer = FilterHeaders.parse(message.payload)
        header = chained(answer)[-1]
        if self._agreed.get(answer.stop, header) != header:
            self.lie = "It names other filters to the light client than when it is asked."
            raise Malformed(self.lie)
        self.filter_headers[answer.stop] = header
