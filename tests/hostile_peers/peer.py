"""A peer that knows an honest node's chain and answers as its kind does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from host.devnet.node import SERVICES, DevnetNode
from host.devnet.peering.queries import ANSWERS
from host.loopback import LoopbackServer
from host.p2p.messages import PeerMessage, Version
from host.p2p.peer import Address, Peer, PeerGone
from signer.errors import Malformed


class HangUp(Exception):
    """It closes the connection."""


@dataclass(slots=True)
class Call:
    """One conversation: what the kind may look at and write to."""

    node: DevnetNode
    peer: Peer
    writer: asyncio.StreamWriter

    @property
    def by_light_client(self) -> bool:
        """Whether it is the light client that calls, as far as it introduces itself."""
        return bool(self.peer.version.user_agent)


Messages = Sequence[PeerMessage]
Answer = Callable[[Call, str, bytes, Messages], Awaitable[Messages]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What somebody does: `answer` is given the honest answer. `lies` when nobody errs like that.

    `greet` is called before the handshake, and may never return.
    """

    answer: Answer
    lies: bool = False
    services: int = SERVICES
    boast: int = 0
    greet: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None


class HostilePeer:
    """Listens on loopback, from `start` to `stop`."""

    def __init__(self, node: DevnetNode, kind: Kind) -> None:
        self._node = node
        self._kind = kind
        self._server = LoopbackServer(self._called)
        self._calls: set[asyncio.Task[None]] = set()
        self.address = Address("127.0.0.1", 0)

    async def start(self) -> "HostilePeer":
        self.address = Address(*await self._server.start())
        return self

    async def stop(self) -> None:
        self._server.close()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await self._server.stop()

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.create_task(self._talk(reader, writer))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        height = self._node.chain.height + self._kind.boast
        version = Version(self._kind.services, 0, 7, "/hostile/", height)
        try:
            if self._kind.greet:
                await self._kind.greet(writer)
            peer = await Peer.accept(reader, writer, "regtest", version, 10)
            call = Call(self._node, peer, writer)
            while True:
                message = await peer.receive()
                for reply in await self._reply(call, message):
                    peer.send(reply.command, reply.payload)
                await peer.drain()
        except (HangUp, PeerGone, ConnectionError):
            return
        finally:
            with suppress(RuntimeError):
                writer.transport.abort()

    async def _reply(self, call: Call, message: PeerMessage) -> Messages:
        answer = ANSWERS.get(message.command)
        try:
            honest = (
                list(answer(call.node.chain, call.node.mempool, message.payload)) if answer else []
            )
        except Malformed:
            honest = []
        return await self._kind.answer(call, message.command, message.payload, honest)
