"""A full node: its own chain and mempool, and conversations with anybody who connects."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from host.config import Clock
from host.devnet import blocks
from host.devnet.chain import NodeChain
from host.devnet.kernel import BadBlock
from host.devnet.mempool import CoinUnknown, Mempool, NotTaken
from host.devnet.peering import lies
from host.devnet.peering.downloads import Downloads
from host.devnet.peering.lies import Conduct
from host.devnet.peering.neighbours import Neighbours
from host.devnet.peering.queries import ANSWERS
from host.devnet.peering.session import PeerSession
from host.devnet.storage.audit import BlockFault
from host.devnet.storage.block_store import StoreDamaged
from host.errors import HostError
from host.loopback import LoopbackServer
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
MAX_ORPHANS = 100
HEAL_S = 5.0
WANTED_TX = {MSG_TX: MSG_WITNESS_TX, MSG_WITNESS_TX: MSG_WITNESS_TX, MSG_WTX: MSG_WTX}


@dataclass(frozen=True, slots=True)
class NodeOperator:
    """Whom a node tells what. `note` gets sentences: what it refuses, what it heals.

    `changed`: its tip or mempool moved. `failed`: it cannot go on, and why.
    """

    note: Callable[[str], None]
    changed: Callable[[], None]
    failed: Callable[["DevnetNode", HostError], None] = lambda _, __: None


class DevnetNode:
    """Starts with its stored blocks, learns the rest from its peers. One event loop, no locks."""

    def __init__(self, name: str, chain: NodeChain, clock: Clock, operator: NodeOperator) -> None:
        """`chain` is closed when the node stops."""
        self.name = name
        self.chain = chain
        self.mempool = Mempool(chain)
        self.conduct = Conduct()
        self._clock = clock
        self._operator = operator
        self._sessions: set[PeerSession] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = LoopbackServer(self._called)
        self._orphans: dict[bytes, bytes] = {}
        self._unannounced: list[bytes] = []  # headers
        self._downloads = Downloads(asyncio.get_running_loop().time)
        self.neighbours = Neighbours(lambda: self._sessions, self.dial, SERVICES, clock)
        chain.report = self._take_fault

    @property
    def address(self) -> Address:
        return self.neighbours.home

    @property
    def connections(self) -> int:
        """How many other nodes it talks to."""
        return sum(session.address is not None for session in self._sessions)

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes any free one."""
        self.neighbours.home = Address(*await self._server.start(port))
        self._spawn(self.neighbours.keep(self._downloads.check))

    async def stop(self) -> None:
        """Vanish, as after a crash: no goodbye to anybody, memory gone. Stored blocks stay."""
        self._server.close()
        for session in self._sessions:
            session.peer.hang_up()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.stop()
        self.chain.close()

    async def dial(self, address: Address) -> None:
        """Call another node and go on talking in the background. Raises PeerGone."""
        peer = await Peer.connect(address, NETWORK, self._version(), HANDSHAKE_S)
        session = PeerSession(peer, address, is_outbound=True)
        self._sessions.add(session)  # already now: it may be stopped before the talk begins
        self._spawn(self._talk(session))

    def submit_block(self, raw: bytes, source: PeerSession | None = None) -> None:
        """Judge a block, and tell everybody if it moved the tip.

        Raises Malformed, BadBlock or StoreDamaged.
        """
        change = self.chain.submit(raw)
        self._unannounced += [block.header for block in change.connected]
        if change.connected:
            self.mempool.follow(change)
        # A node that catches up does not tell each step.
        if self._unannounced and not (source and source.requested):
            self._announce_blocks(source)
        if change.connected:
            self._operator.changed()

    def submit_transaction(self, raw: bytes, source: PeerSession | None = None) -> Transaction:
        """Take a transaction, and tell everybody. Raises Malformed or NotTaken."""
        transaction = self.mempool.accept(raw).transaction
        for session in self._audience(source):
            item = session.peer.item(transaction)
            if item.hash not in session.inventory and session.peer.version.relay:
                session.peer.send("inv", encode_items([item]))
        self._retry_orphans()
        self._operator.changed()
        return transaction

    def behave(self, conduct: Conduct) -> None:
        """Whoever talks to it calls again when it would greet them in another way."""
        greetings = {self.conduct.lie, conduct.lie} & {"heights", "silent"}
        self.conduct = conduct
        if greetings:
            for session in self._sessions:
                session.peer.hang_up()

    def set_fee_floor(self, sats_per_vbyte: float) -> None:
        """Take and pass on nothing that pays less, and say so to everybody (BIP133)."""
        self.mempool.raise_floor(sats_per_vbyte)
        for session in self._sessions:
            self._say_floor(session)
        self._operator.changed()

    def forget(self) -> None:
        """Lose every transaction that waits, as after a restart or two weeks."""
        self.mempool.clear()
        self._orphans.clear()
        self._operator.changed()

    def catch_up(self) -> None:
        """Ask everybody for what came since."""
        for session in self._sessions:
            if session.peer.version.services & NODE_NETWORK:
                self._ask_headers(session)

    def _version(self) -> Version:
        height = lies.BOAST if self.conduct.lie == "heights" else self.chain.height
        return Version(SERVICES, self._clock(), 0, USER_AGENT, height)

    def _spawn(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MAX_PEERS:
            writer.transport.abort()
        else:
            task = self._spawn(self._welcome(reader, writer))
            task.add_done_callback(lambda _: writer.transport.abort())

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer = await Peer.accept(reader, writer, NETWORK, self._version(), HANDSHAKE_S)
        except PeerGone as error:
            self._note(f"{self.name} dropped a caller. {error}")
        else:
            await self._talk(PeerSession(peer))

    async def _talk(self, session: PeerSession) -> None:
        peer = session.peer
        self._sessions.add(session)
        self._greet(session)
        self._operator.changed()
        try:
            while True:
                message = await peer.receive()
                session.heard_at = asyncio.get_running_loop().time()
                await self._handle(session, message.command, message.payload)
                await peer.drain()
        except PeerGone:
            pass
        except (Malformed, BadBlock) as error:
            self._note(f"{self.name} dropped a peer. {error}")
        except StoreDamaged as error:
            self._operator.failed(self, error)
        finally:
            self._sessions.discard(session)
            peer.hang_up()
            self._downloads.hung_up(session)
            if self._unannounced:
                self._announce_blocks(session)
            self.neighbours.lost()

    def _greet(self, session: PeerSession) -> None:
        if self.conduct.lie == "silent":
            return
        session.peer.send("sendheaders")
        self._say_floor(session)
        if session.is_outbound:
            self.neighbours.introduce(session)
        if session.peer.version.services & NODE_NETWORK:
            self._ask_headers(session)
            session.peer.send("mempool")  # BIP35: what came while we were away

    async def _handle(self, session: PeerSession, command: str, payload: bytes) -> None:
        if self.conduct.delay_s:
            await asyncio.sleep(self.conduct.delay_s)
        if self.conduct.ignores(command):
            return
        if command in ANSWERS:
            lie = self.conduct.lie
            for message in lies.answer(lie, command, self.chain, self.mempool, payload):
                session.peer.send(message.command, message.payload)
                await session.peer.drain()
        elif handler := HANDLERS.get(command):
            handler(self, session, payload)
        elif self.neighbours.hear(session, command, payload):
            self._operator.changed()

    def _take_inv(self, session: PeerSession, payload: bytes) -> None:
        items = parse_items(payload)
        requested = []
        for item in items:
            session.learn(item.hash)
            if item.kind in WANTED_TX and not self.mempool.get(item.hash):
                requested.append(Item(WANTED_TX[item.kind], item.hash))
        self._downloads.want(session, requested)
        if any(item.kind == MSG_BLOCK and not self.chain.knows(item.hash) for item in items):
            self._ask_headers(session)

    def _tell_mempool(self, session: PeerSession, _: bytes) -> None:
        items = [session.peer.item(entry.transaction) for entry in self.mempool]
        if items:
            session.peer.send("inv", encode_items(items))

    def _miss(self, _: PeerSession, payload: bytes) -> None:
        self._downloads.missed(*(item.hash for item in parse_items(payload)))

    def _take_headers(self, session: PeerSession, payload: bytes) -> None:
        headers = parse_headers(payload)
        if not headers:
            return
        if not self.chain.knows(headers[0][4:36]):
            self._tie_loose_end(session)
            return
        hashes = _linked(headers)
        missing = [block_hash for block_hash in hashes if self.chain.wants(block_hash)]
        session.more_headers = len(headers) == MAX_HEADERS
        self._downloads.want(session, [Item(MSG_WITNESS_BLOCK, key) for key in missing])

    def _take_block(self, session: PeerSession, payload: bytes) -> None:
        self._downloads.arrived(double_sha256(payload[:80]))
        self.submit_block(payload, session)
        session.loose_ends = 0
        if session.more_headers and not session.requested:
            session.more_headers = False
            self._ask_headers(session)

    def _take_transaction(self, session: PeerSession, payload: bytes) -> None:
        transaction = Transaction.parse(payload)
        self._downloads.arrived(transaction.txid, transaction.wtxid)
        session.learn(transaction.txid, transaction.wtxid)
        if self.mempool.get(transaction.txid):
            return
        try:
            self.submit_transaction(payload, session)
        except NotTaken as refusal:
            if isinstance(refusal, CoinUnknown) and len(self._orphans) < MAX_ORPHANS:
                self._orphans[transaction.txid] = payload
            self._note(f"{self.name} did not take {transaction.name}. {refusal}")
            session.peer.send("reject", Reject(str(refusal), transaction.txid).encode())

    def _retry_orphans(self) -> None:
        """What came before the transaction whose coin it spends."""
        orphans, self._orphans = self._orphans, {}
        for txid, raw in orphans.items():
            try:
                self.submit_transaction(raw)
            except CoinUnknown:
                self._orphans[txid] = raw
            except NotTaken:
                continue

    def _take_fault(self, fault: BlockFault) -> None:
        """A block was bad when it was read back, or is whole again."""
        if not self.chain.wants(fault.hash):
            self._note(f"{self.name}: {fault}.")
            self._operator.changed()
            return
        self._note(f"{self.name}: {fault}. The other nodes are asked for it.")
        item = Item(MSG_WITNESS_BLOCK, fault.hash)
        for session in self._sessions:
            if session.peer.version.services & NODE_NETWORK:
                self._downloads.want(session, [item])
        self._spawn(self._give_up_on(fault))

    async def _give_up_on(self, fault: BlockFault) -> None:
        await asyncio.sleep(HEAL_S if self._sessions else 0)
        if self.chain.wants(fault.hash):
            self._operator.failed(
                self,
                StoreDamaged(
                    f"{self.name} stops: {fault}, and no other node has it. "
                    "Put its file back as it was, or let another node live, and start it again."
                ),
            )

    def _say_floor(self, session: PeerSession) -> None:
        session.peer.send("feefilter", encode_fee_filter(round(1000 * self.mempool.floor)))

    def _audience(self, source: PeerSession | None) -> set[PeerSession]:
        """Whom to tell what came from there."""
        return set() if self.conduct.lie == "silent" else self._sessions - {source}

    def _note(self, sentence: str) -> None:
        self._operator.note(sentence)

    def _ask_headers(self, session: PeerSession) -> None:
        session.peer.send("getheaders", GetHeaders(self.chain.locator()).encode())

    def _tie_loose_end(self, session: PeerSession) -> None:
        session.loose_ends += 1
        if session.loose_ends > MAX_LOOSE_ENDS:
            raise Malformed("Headers that follow nothing known came too often.")
        self._ask_headers(session)

    def _announce_blocks(self, source: PeerSession | None) -> None:
        fresh, self._unannounced = self._unannounced, []
        headers = encode_headers(fresh[-MAX_ANNOUNCED_HEADERS:])
        name = encode_items([Item(MSG_BLOCK, self.chain.tip)])
        short = len(fresh) <= MAX_ANNOUNCED_HEADERS
        if len(fresh) > 1:  # more than it gave: what had waited for its block came on top
            source = None
        for session in self._audience(source):
            if session.peer.wants_headers and short:
                session.peer.send("headers", headers)
            else:
                session.peer.send("inv", name)


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
    "notfound": DevnetNode._miss,  # noqa: SLF001 - as above
}
