"""A full node: its own chain and mempool, and conversations with anybody who connects."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from host.config import Clock
from host.devnet import blocks
from host.devnet.chain import Change, NodeChain
from host.devnet.kernel import BadBlock
from host.devnet.mempool import MIN_SATS_PER_VBYTE, Mempool, NotTaken
from host.devnet.queries import ANSWERS
from host.p2p.messages import (
    MAX_HEADERS,
    MSG_BLOCK,
    MSG_TX,
    MSG_WITNESS_BLOCK,
    MSG_WITNESS_TX,
    MSG_WTX,
    NODE_COMPACT_FILTERS,
    NODE_NETWORK,
    NODE_WITNESS,
    GetHeaders,
    Item,
    Reject,
    Version,
    encode_fee_filter,
    encode_headers,
    encode_items,
    parse_headers,
    parse_items,
)
from host.p2p.peer import Address, Peer, PeerGone
from host.transactions import Transaction, double_sha256
from signer.errors import Malformed

NETWORK = "regtest"
USER_AGENT = "/quietkey-devnet:0.1/"
SERVICES = NODE_NETWORK | NODE_WITNESS | NODE_COMPACT_FILTERS
HANDSHAKE_S = 10.0
MAX_PEERS = 64
# Longer announcements are a name only; whoever cares asks for the headers.
MAX_ANNOUNCED_HEADERS = 100
MAX_LOOSE_ENDS = 10
MAX_NOTED = 100_000
WANTED_TX = {MSG_TX: MSG_WITNESS_TX, MSG_WITNESS_TX: MSG_WITNESS_TX, MSG_WTX: MSG_WTX}

Note = Callable[[str], None]


@dataclass(slots=True, eq=False)
class PeerSession:
    """One conversation: what this peer has been asked for, and what it has already."""

    peer: Peer
    requested: set[bytes] = field(default_factory=set)
    more_headers: bool = False
    loose_ends: int = 0
    inventory: set[bytes] = field(default_factory=set)

    def learn(self, *ids: bytes) -> None:
        """Note what the peer has. Forgetting is harmless: it may be told something twice."""
        if len(self.inventory) > MAX_NOTED:
            self.inventory.clear()
        self.inventory.update(ids)

    def expect(self, missing: list[bytes]) -> None:
        """Note which blocks were asked for. Raises Malformed when they only ever promise."""
        self.requested.update(missing)
        if len(self.requested) > 2 * MAX_HEADERS:
            raise Malformed("Blocks were promised and never sent.")


class DevnetNode:
    """Starts with its stored blocks, learns the rest from its peers. One event loop, no locks."""

    def __init__(
        self, name: str, file: Path, clock: Clock, note: Note, changed: Callable[[], None]
    ) -> None:
        """`note` is told in sentences what the node refuses, `changed` that tip or mempool moved.

        `file` keeps its blocks.
        """
        self.name = name
        self.chain = NodeChain(file)
        self.mempool = Mempool(self.chain)
        self._changed = changed
        self._clock = clock
        self._note = note
        self._sessions: set[PeerSession] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.address = Address("127.0.0.1", 0)

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes any free one."""
        self._server = await asyncio.start_server(self._called, "127.0.0.1", port)
        self.address = Address(*self._server.sockets[0].getsockname()[:2])

    async def stop(self) -> None:
        """Vanish, as after a crash: no goodbye to anybody, memory gone. Stored blocks stay."""
        if self._server:
            self._server.close()
        for session in self._sessions:
            session.peer.hang_up()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.chain.close()

    async def dial(self, address: Address) -> None:
        """Call another node and go on talking in the background. Raises PeerGone."""
        peer = await Peer.connect(address, NETWORK, self._version(), HANDSHAKE_S)
        self._spawn(self._talk(peer))

    def submit_block(self, raw: bytes, source: PeerSession | None = None) -> None:
        """Judge a block, and tell everybody if it moved the tip. Raises Malformed or BadBlock."""
        change = self.chain.submit(raw)
        if not change.connected:
            return
        self._settle_mempool(change)
        self._announce_blocks(change, source)
        self._changed()

    def submit_transaction(self, raw: bytes, source: PeerSession | None = None) -> Transaction:
        """Take a transaction, and tell everybody. Raises Malformed or NotTaken."""
        transaction = self.mempool.accept(raw).transaction
        for session in self._sessions - {source}:
            item = session.peer.item(transaction)
            if item.hash not in session.inventory and session.peer.version.relay:
                session.peer.send("inv", encode_items([item]))
        self._changed()
        return transaction

    def _version(self) -> Version:
        return Version(SERVICES, self._clock(), 0, USER_AGENT, self.chain.height)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MAX_PEERS:
            writer.transport.abort()
        else:
            self._spawn(self._welcome(reader, writer))

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer = await Peer.accept(reader, writer, NETWORK, self._version(), HANDSHAKE_S)
        except PeerGone as error:
            self._note(f"{self.name} dropped a caller. {error}")
        else:
            await self._talk(peer)
        finally:
            writer.transport.abort()

    async def _talk(self, peer: Peer) -> None:
        session = PeerSession(peer)
        self._sessions.add(session)
        peer.send("sendheaders")
        peer.send("feefilter", encode_fee_filter(1000 * MIN_SATS_PER_VBYTE))
        if peer.version.services & NODE_NETWORK:
            self._ask_headers(session)
            peer.send("mempool")  # BIP35: what came while we were away
        try:
            while True:
                message = await peer.receive()
                await self._handle(session, message.command, message.payload)
                await peer.drain()
        except PeerGone:
            pass
        except (Malformed, BadBlock) as error:
            self._note(f"{self.name} dropped a peer. {error}")
        finally:
            self._sessions.discard(session)
            peer.hang_up()

    async def _handle(self, session: PeerSession, command: str, payload: bytes) -> None:
        if answer := ANSWERS.get(command):
            for message in answer(self.chain, self.mempool, payload):
                session.peer.send(message.command, message.payload)
                await session.peer.drain()
        elif handler := HANDLERS.get(command):
            handler(self, session, payload)

    def _take_inv(self, session: PeerSession, payload: bytes) -> None:
        items = parse_items(payload)
        requested = []
        for item in items:
            session.learn(item.hash)
            if item.kind in WANTED_TX and not self.mempool.get(item.hash):
                requested.append(Item(WANTED_TX[item.kind], item.hash))
        if requested:
            session.peer.send("getdata", encode_items(requested))
        if any(item.kind == MSG_BLOCK and not self.chain.knows(item.hash) for item in items):
            self._ask_headers(session)

    def _tell_mempool(self, session: PeerSession, _: bytes) -> None:
        items = [session.peer.item(entry.transaction) for entry in self.mempool]
        if items:
            session.peer.send("inv", encode_items(items))

    def _take_headers(self, session: PeerSession, payload: bytes) -> None:
        headers = parse_headers(payload)
        if not headers:
            return
        if not self.chain.knows(headers[0][4:36]):
            self._tie_loose_end(session)
            return
        hashes = _linked(headers)
        missing = [block_hash for block_hash in hashes if not self.chain.knows(block_hash)]
        session.more_headers = len(headers) == MAX_HEADERS
        session.expect(missing)
        if missing:
            items = [Item(MSG_WITNESS_BLOCK, block_hash) for block_hash in missing]
            session.peer.send("getdata", encode_items(items))

    def _take_block(self, session: PeerSession, payload: bytes) -> None:
        session.requested.discard(double_sha256(payload[:80]))
        self.submit_block(payload, session)
        session.loose_ends = 0
        if session.more_headers and not session.requested:
            session.more_headers = False
            self._ask_headers(session)

    def _take_transaction(self, session: PeerSession, payload: bytes) -> None:
        transaction = Transaction.parse(payload)
        session.learn(transaction.txid, transaction.wtxid)
        if self.mempool.get(transaction.txid):
            return
        try:
            self.submit_transaction(payload, session)
        except NotTaken as refusal:
            self._note(f"{self.name} did not take {transaction.name}. {refusal}")
            session.peer.send("reject", Reject(str(refusal), transaction.txid).encode())

    def _ask_headers(self, session: PeerSession) -> None:
        session.peer.send("getheaders", GetHeaders(self.chain.locator()).encode())

    def _tie_loose_end(self, session: PeerSession) -> None:
        session.loose_ends += 1
        if session.loose_ends > MAX_LOOSE_ENDS:
            raise Malformed("Headers that follow nothing known came too often.")
        self._ask_headers(session)

    def _announce_blocks(self, change: Change, source: PeerSession | None) -> None:
        headers = encode_headers([block.header for block in change.connected])
        name = encode_items([Item(MSG_BLOCK, self.chain.tip)])
        short = len(change.connected) <= MAX_ANNOUNCED_HEADERS
        for session in self._sessions - {source}:
            if session.peer.wants_headers and short:
                session.peer.send("headers", headers)
            else:
                session.peer.send("inv", name)

    def _settle_mempool(self, change: Change) -> None:
        if not change.disconnected:
            for block in change.connected:
                self.mempool.block_connected(block)
            return
        # Transactions of blocks that are no longer on the best chain wait again, before the others.
        undone = (
            transaction for block in change.disconnected[::-1] for transaction in block.transactions
        )
        waiting = self.mempool.clear()
        for transaction in (*undone, *waiting):
            try:
                self.mempool.accept(transaction.encode())
            except NotTaken:
                continue  # in one of the new blocks, or made impossible by them


def _linked(headers: tuple[bytes, ...]) -> list[bytes]:
    """The hashes of headers, each of which has work and follows the one before it."""
    hashes = [double_sha256(header) for header in headers]
    if any(header[4:36] != previous for header, previous in zip(headers[1:], hashes, strict=False)):
        raise Malformed("The headers do not follow each other.")
    if not all(blocks.has_work(header) for header in headers):
        raise Malformed("A header has no work.")
    return hashes


HANDLERS: dict[str, Callable[[DevnetNode, PeerSession, bytes], None]] = {
    "inv": DevnetNode._take_inv,  # noqa: SLF001 - the table is part of the class
    "headers": DevnetNode._take_headers,  # noqa: SLF001 - as above
    "block": DevnetNode._take_block,  # noqa: SLF001 - as above
    "mempool": DevnetNode._tell_mempool,  # noqa: SLF001 - as above
    "tx": DevnetNode._take_transaction,  # noqa: SLF001 - as above
}
