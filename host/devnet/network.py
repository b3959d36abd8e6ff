"""A whole Bitcoin network in one process: nodes that talk P2P, a miner, and a faucet."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Self

from host.config import Clock
from host.devnet import faucet
from host.devnet.kernel import BadBlock
from host.devnet.node import DevnetNode, NodeOperator
from host.devnet.peering.neighbours import MAX_OUTBOUND
from host.devnet.roster import NodeSlot, Roster
from host.devnet.storage.admission import Admitted, admit
from host.devnet.storage.agreement import FILE, Agreement
from host.devnet.storage.block_store import StoreDamaged, StoredTip
from host.errors import HostError, NetworkError
from host.values import NodeStatus

# Mined coins can be spent after 100 blocks: ten of them are ready when the network is.
FIRST_BLOCKS = 110
BLOCK_EVERY_S = 600  # how far apart the first blocks say they are
# The engine looks over its whole index at every block: a long devnet becomes slow and poor.
MAX_BLOCKS_AT_ONCE = 200
AGREE_S = 20.0
AGREE_S_A_NODE = 1.0  # a large network may take longer


class Devnet:
    """`async with Devnet(clock) as devnet:` or start() and stop(). One event loop, no threads."""

    def __init__(
        self,
        clock: Clock,
        nodes: int = 3,
        folder: Path | None = None,
        auto_mine_s: float | None = None,
        note: Callable[[str], None] = lambda _: None,
        *,
        port: int = 0,
    ) -> None:
        """`clock` gives seconds since 1970. Without `folder`, nothing outlives the devnet.

        With `auto_mine_s`, a block is mined that many seconds after a transaction arrives.
        `note` is told in a sentence whatever a node refuses, misses or heals. The nodes listen at
        `port` and the ports behind it; at any free ones for 0.
        """
        self._clock = clock
        self._auto_mine_s = auto_mine_s
        self._scratch = None if folder else tempfile.TemporaryDirectory(prefix="quietkey-devnet-")
        self._folder = folder or Path(self._scratch.name if self._scratch else ".")
        self._keeps = folder is not None
        self._agreement = Agreement(None)
        self._roster = Roster(nodes, self._folder, port)
        self._pulse = asyncio.Event()
        self._busy = asyncio.Lock()
        self._auto: asyncio.Task[None] | None = None
        self._endings: set[asyncio.Task[None]] = set()
        self._note = note

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.stop)  # also when it is interrupted half-way
            await self.start()
            stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start every node, mine the first blocks, and wait until all nodes agree.

        What is wrong on some nodes is healed from the others. Raises StoreUnusable when a file is
        in use or a block is on no node any more, EngineUnusable, NetworkError.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._agreement = Agreement(self._folder / FILE if self._keeps else None)
        if self._agreement.is_unreadable:
            self._note(f"{FILE} cannot be read. It is written anew from what the nodes hold.")
        admitted = await self._occupy(self._roster.slots)
        if all(node.chain.height == 0 for node in self.living()):
            self._mine_first()
        await self.connect()
        await self.agree()
        self._mend(admitted)
        self._mine_first()
        await self.agree()
        self._remember()
        if self._auto_mine_s is not None:
            self._auto = asyncio.create_task(self._mine_by_itself(self._auto_mine_s))

    async def stop(self) -> None:
        """Every node vanishes; what was kept stays."""
        if self._auto:
            self._auto.cancel()
            await asyncio.gather(self._auto, return_exceptions=True)
        await asyncio.gather(*self._endings, return_exceptions=True)
        for slot in self._roster.slots:
            if slot.node:
                self._remember(slot)
                await slot.node.stop()
                slot.node = None
        if self._scratch:
            self._scratch.cleanup()

    @property
    def peers(self) -> tuple[str, ...]:
        """Every node's address, dead or alive."""
        return tuple(f"127.0.0.1:{slot.port}" for slot in self._roster.slots)

    def status(self) -> tuple[NodeStatus, ...]:
        return tuple(slot.status for slot in self._roster.slots)

    async def watch(self) -> AsyncIterator[tuple[NodeStatus, ...]]:
        """The status now, and again after every change."""
        while True:
            pulse = self._pulse
            yield self.status()
            await pulse.wait()

    async def mine(self, count: int = 1, miner_index: int | None = None) -> None:
        """Mine blocks and wait until every node that can has them. Raises NetworkError.

        `miner_index` is the node that mines; the first honest one that lives, when it is left out.
        """
        if not 0 < count <= MAX_BLOCKS_AT_ONCE:
            raise NetworkError(f"Mine between 1 and {MAX_BLOCKS_AT_ONCE} blocks at once.")
        async with self._busy:
            await self._mine(count, self.miner() if miner_index is None else self.node(miner_index))

    async def fund(self, address: str, sats: int, *, mine: bool = True) -> str:
        """Send play money, wait until every node holds it, and confirm it. Returns the txid.

        Raises NetworkError.
        """
        async with self._busy:
            node = self.miner()
            payment = faucet.pay(node.chain, node.mempool, address, sats)
            node.submit_transaction(payment.encode())
            await self.until(
                lambda: all(
                    peer.mempool.get(payment.txid)
                    for peer in self._roster.group_of(node)
                    if peer.conduct.takes_payments
                )
            )
            if mine:
                await self._mine(1, node)
            return payment.name

    async def kill(self, index: int) -> None:
        """One node vanishes as in a crash: its connections break, its memory is gone.

        Raises NetworkError when it is dead already.
        """
        async with self._busy:
            slot = self._roster.find(index)
            if slot.node is None:
                raise NetworkError(f"{slot.name} is dead already.")
            self._remember(slot)
            slot.last = slot.status
            await slot.node.stop()
            slot.node = None
            self.changed()

    async def revive(self, index: int) -> None:
        """Start a dead node at its old address; it learns from the others what it missed.

        Raises NetworkError when it is alive, or its address was taken meanwhile, and StoreUnusable
        when its blocks cannot be used and no other node has them.
        """
        async with self._busy:
            slot = self._roster.find(index)
            if slot.node is not None:
                raise NetworkError(f"{slot.name} is alive already.")
            await asyncio.gather(*self._endings, return_exceptions=True)
            admitted = await self._occupy([slot])
            await self.connect()
            await self.agree()
            self._mend(admitted)
            self._remember()
            self.changed()

    def node(self, index: int) -> DevnetNode:
        """A living node. Raises NetworkError."""
        slot = self._roster.find(index)
        if slot.node is None:
            raise NetworkError(f"{slot.name} is dead. Start it first.")
        return slot.node

    def living(self) -> list[DevnetNode]:
        """The nodes that are alive, in their order."""
        return self._roster.living()

    @asynccontextmanager
    async def undisturbed(self) -> AsyncIterator[None]:
        """Nothing else that was asked for happens meanwhile."""
        async with self._busy:
            yield

    async def split(self, groups: Sequence[frozenset[int]]) -> None:
        """Let no node reach another of a different group; with no groups, all reach all again.

        Raises NetworkError.
        """
        self._roster.split(groups)
        await self.connect()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that a change brings about. Raises NetworkError."""
        patience_s = AGREE_S + AGREE_S_A_NODE * len(self._roster.slots)
        try:
            async with asyncio.timeout(patience_s):
                await self._pulsing(true)
        except TimeoutError as error:
            raise NetworkError(
                f"The devnet's nodes did not agree within {patience_s:.0f} s. "
                "Nothing is lost. Stop the devnet and start it again."
            ) from error

    def now(self) -> int:
        """Seconds since 1970."""
        return self._clock()

    def changed(self) -> None:
        """Wake whoever waits for a change."""
        self._pulse.set()
        self._pulse = asyncio.Event()

    async def _occupy(self, slots: Sequence[NodeSlot]) -> list[Admitted]:
        living = [node.chain for node in self.living()]
        files = [(slot.name, slot.file) for slot in slots]
        admitted = admit(files, self._agreement, living, self._note)
        operator = NodeOperator(self._note, self.changed, self._fail)
        for slot, entry in zip(slots, admitted, strict=True):
            slot.node = DevnetNode(slot.name, entry.open(), self._clock, operator)
        for slot in slots:
            await self._listen(slot)
        return admitted

    async def _listen(self, slot: NodeSlot) -> None:
        node = slot.node
        if node is None:
            return
        try:
            await node.start(slot.port)
        except OSError as error:
            slot.node = None
            await node.stop()
            raise NetworkError(
                f"{slot.name} cannot listen at 127.0.0.1:{slot.port}: another program does. "
                "Its blocks are kept. End that program, or choose another port, and try again."
            ) from error
        slot.port = node.address.port

    async def connect(self) -> None:
        """Tell each node of one that was there before it; it finds the rest by gossip.

        Raises NetworkError.
        """
        groups = [
            [node for node in group if node.conduct.lie != "silent"]
            for group in self._roster.living_groups()
        ]
        for group in groups:
            for place, node in enumerate(group[1:], 1):
                node.neighbours.learn([group[secrets.randbelow(place)].address])
        for group in groups:
            enough = min(MAX_OUTBOUND, len(group) - 1)
            await self.until(partial(_are_connected, group, enough))

    async def _mine(self, count: int, node: DevnetNode) -> None:
        for _ in range(count):
            self._mine_block(node, self._clock())
            await asyncio.sleep(0)  # the others may hear of it meanwhile
        await self.agree()

    def _mine_first(self) -> None:
        tallest = max(self.living(), key=lambda node: node.chain.height)
        for ago in range(FIRST_BLOCKS - tallest.chain.height, 0, -1):
            self._mine_block(tallest, self._clock() - ago * BLOCK_EVERY_S)

    def _mine_block(self, node: DevnetNode, timestamp: int) -> None:
        try:
            node.submit_block(_found_by(node, timestamp))
        except BadBlock:
            # Something waits that no block can take. Without it, the chain goes on.
            self._note(f"{node.name} emptied its mempool: no block could take it.")
            node.mempool.clear()
            node.submit_block(_found_by(node, timestamp))
        except StoreDamaged as error:
            self._fail(node, error)
            raise

    async def _mine_by_itself(self, after_s: float) -> None:
        while True:
            await self._pulsing(lambda: any(len(node.mempool) for node in self.living()))
            await asyncio.sleep(after_s)
            try:
                await self.mine(1)
            except HostError as error:  # every node died meanwhile
                self._note(str(error))

    async def agree(self) -> None:
        """Wait until all that follow and reach each other have one tip. Raises NetworkError."""
        for group in self._roster.living_groups():
            followers = [node for node in group if node.conduct.follows]
            await self.until(partial(_agree, followers))

    async def _pulsing(self, true: Callable[[], bool]) -> None:
        while not true():
            await self._pulse.wait()

    def _mend(self, admitted: Sequence[Admitted]) -> None:
        """Write back what was healed, and say so. Raises StoreDamaged."""
        for entry in admitted:
            for fault in entry.faults:
                is_here = entry.open().raw(fault.hash) is not None
                ending = "is whole again" if is_here else "is no block of this chain: dropped"
                self._note(f"{entry.name}: {fault.name} {ending}.")
            if entry.faults:
                entry.open().mend()

    def _remember(self, *slots: NodeSlot) -> None:
        """Note where these nodes are, or all: what is missing later was there. Raises OSError."""
        for slot in slots or self._roster.slots:
            if slot.node:
                chain = slot.node.chain
                chain.settle()
                self._agreement.tips[slot.name] = StoredTip(chain.height, chain.tip)
        self._agreement.write()

    def _fail(self, node: DevnetNode, error: HostError) -> None:
        """A node cannot go on: it dies, and says why."""
        if slot := self._roster.slot_of(node):
            self._note(str(error))
            slot.last, slot.node = slot.status, None
            ending = asyncio.get_running_loop().create_task(node.stop())
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            self.changed()

    def miner(self) -> DevnetNode:
        """The node that mines: the first honest one that lives. Raises NetworkError."""
        if not (alive := self.living()):
            raise NetworkError("Every node is dead. Start one first.")
        return next((node for node in alive if node.conduct.takes_payments), alive[0])


def _are_connected(nodes: Sequence[DevnetNode], enough: int) -> bool:
    return all(node.connections >= enough for node in nodes)


def _agree(nodes: Sequence[DevnetNode]) -> bool:
    return len({node.chain.tip for node in nodes}) <= 1


def _found_by(node: DevnetNode, timestamp: int) -> bytes:
    return node.mempool.next_block(faucet.script_pubkey(), timestamp, node.name).encode()
