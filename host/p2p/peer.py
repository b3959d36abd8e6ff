"""One connection to somebody on the Bitcoin network, from the handshake to the last byte."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from host.dialer import DIRECT, Dialer, Streams
from host.errors import NetworkError
from host.p2p.messages import (
    MAGIC,
    MSG_TX,
    MSG_WITNESS_TX,
    MSG_WTX,
    PROTOCOL,
    Item,
    MessageDecoder,
    PeerMessage,
    Version,
)
from host.transactions import Transaction
from signer.errors import Malformed

OLDEST = 70015
CHUNK = 1 << 16
# A peer that asks and never reads would have us hold all our answers in memory.
MAX_UNREAD = 16_000_000
MAX_HANDSHAKE_MESSAGES = 20
CLOSE_S = 1.0


def nobody_answers(count: int) -> str:
    """That of so many peers none answers, in a sentence."""
    return "The peer does not answer." if count == 1 else f"None of the {count} peers answers."


class PeerGone(NetworkError):
    """The peer hung up, was silent for too long, or broke the protocol."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "host:port"."""
        host, _, port = text.rpartition(":")
        return cls(host.strip("[]"), int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Way:
    """How peers are called. `linked` calls of one peer may be told to be of one person (Tor)."""

    dialer: Dialer = DIRECT
    linked: bool = True

    async def call(self, address: Address) -> Streams:
        """Raises OSError, EOFError."""
        circuit = str(address) if self.linked else ""
        return await self.dialer.connect(address.host, address.port, circuit)


STRAIGHT = Way()


class Peer:
    """Somebody who has shaken hands. Pings are answered here; all else is the caller's."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, network: str
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._magic = MAGIC[network]
        self._decoder = MessageDecoder(self._magic)
        self._inbox: deque[PeerMessage] = deque()
        self.version = Version(0, 0, 0, "", 0)
        self.wants_headers = False  # BIP130
        self._wtxid_relay = False  # BIP339
        self.reads_addrv2 = False  # BIP155

    @classmethod
    async def connect(
        cls,
        address: Address,
        network: str,
        introduction: Version,
        timeout_s: float,
        way: Way = STRAIGHT,
    ) -> "Peer":
        """Call somebody and shake hands. Raises PeerGone."""
        timeout_s = way.dialer.patience(timeout_s)
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await way.call(address)
        except (OSError, EOFError, TimeoutError) as error:
            raise PeerGone(f"{address} does not answer.") from error
        peer = cls(reader, writer, network)
        peer.send("version", introduction.encode())
        await peer._finish_handshake(lambda: None, timeout_s)
        return peer

    @classmethod
    async def accept(
        cls,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        network: str,
        introduction: Version,
        timeout_s: float,
    ) -> "Peer":
        """Shake hands with a caller, who speaks first. Raises PeerGone."""
        peer = cls(reader, writer, network)
        await peer._finish_handshake(lambda: peer.send("version", introduction.encode()), timeout_s)
        return peer

    async def receive(self) -> PeerMessage:
        """The next message that is not a ping. Raises PeerGone; the connection is closed then."""
        while True:
            message = await self._next()
            match message.command:
                case "ping":
                    self.send("pong", message.payload[:8])
                case "sendheaders":
                    self.wants_headers = True
                case _:
                    return message

    def send(self, command: str, payload: bytes = b"") -> None:
        """Queue a message. A peer that does not read its answers is dropped."""
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD:
            self._writer.transport.abort()
        if not self._writer.is_closing():
            self._writer.write(PeerMessage(command, payload).encode(self._magic))

    async def drain(self) -> None:
        """Wait until the peer has taken most of what was sent. Raises PeerGone."""
        try:
            await self._writer.drain()
        except OSError as error:
            raise self._hang_up("The peer hung up.") from error

    def item(self, transaction: Transaction) -> Item:
        """How this peer and we name a transaction in an inv."""
        if self._wtxid_relay:
            return Item(MSG_WTX, transaction.wtxid)
        return Item(MSG_TX, transaction.txid)

    def request_for(self, transaction: Transaction) -> Item:
        """How we ask this peer for a transaction with its witness."""
        if self._wtxid_relay:
            return Item(MSG_WTX, transaction.wtxid)
        return Item(MSG_WITNESS_TX, transaction.txid)

    @property
    def is_open(self) -> bool:
        """Whether anything can still be sent."""
        return not self._writer.is_closing()

    def hang_up(self) -> None:
        """Close at once, without waiting for anybody."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Say no more. A peer that does not read what it was sent is not waited for."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):  # it was gone already
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()
        self._writer.transport.abort()

    async def _next(self) -> PeerMessage:
        try:
            while not self._inbox:
                data = await self._reader.read(CHUNK)
                if not data:
                    raise self._hang_up("The peer hung up.")
                self._inbox.extend(self._decoder.feed(data))
        except OSError as error:
            raise self._hang_up("The peer hung up.") from error
        except Malformed as error:
            raise self._hang_up(f"The peer broke the protocol. {error}") from error
        return self._inbox.popleft()

    def _hang_up(self, reason: str) -> PeerGone:
        self.hang_up()
        return PeerGone(reason)

    async def _finish_handshake(self, answer: Callable[[], None], timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._shake_hands(answer)
        except TimeoutError as error:
            raise self._hang_up("The peer did not finish its handshake.") from error
        except Malformed as error:
            raise self._hang_up(f"The peer's handshake is wrong. {error}") from error
        except asyncio.CancelledError:
            self.hang_up()
            raise

    async def _shake_hands(self, answer: Callable[[], None]) -> None:
        first = await self._next()
        if first.command != "version":
            raise Malformed("The first message must be version.")
        self.version = Version.parse(first.payload)
        if self.version.protocol < OLDEST:
            raise Malformed(f"Protocol {self.version.protocol} is older than {OLDEST}.")
        answer()
        # BIP339, BIP155: both belong between version and verack, and nowhere else.
        if self.version.protocol >= PROTOCOL:
            self.send("wtxidrelay")
        self.send("sendaddrv2")
        self.send("verack")
        for _ in range(MAX_HANDSHAKE_MESSAGES):
            message = await self._next()
            if message.command == "verack":
                return
            self._wtxid_relay |= message.command == "wtxidrelay"
            self.reads_addrv2 |= message.command == "sendaddrv2"
        raise Malformed("Too much was said before verack.")
