"""A whole Bitcoin network in one process: nodes that talk P2P, a miner, and a faucet."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from host.config import Clock
from host.devnet import faucet, miner
from host.devnet.kernel import BadBlock
from host.devnet.node import DevnetNode
from host.errors import HostError, NetworkError
from host.p2p.peer import Address
from host.values import NodeStatus

# Mined coins can be spent after 100 blocks: ten of them are ready when the network is.
FIRST_BLOCKS = 110
BLOCK_EVERY_S = 600  # how far apart the first blocks say they are
# The engine looks over its whole index at every block: a long devnet becomes slow and poor.
MAX_BLOCKS_AT_ONCE = 200
AGREE_S = 20.0


@dataclass(slots=True)
class NodeSlot:
    """A node's place in the network: it keeps its name, address and file when the node dies."""

    name: str
    file: Path
    port: int = 0
    node: DevnetNode | None = None
    last: NodeStatus | None = None


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
        `note` is told in a sentence whatever a node refuses. The nodes listen at `port` and the
        ports behind it; at any free ones for 0.
        """
        self._clock = clock
        self._auto_mine_s = auto_mine_s
        self._scratch = None if folder else tempfile.TemporaryDirectory(prefix="quietkey-devnet-")
        self._folder = folder or Path(self._scratch.name if self._scratch else ".")
        names = [f"node {index}" for index in range(nodes)]
        self._slots = [NodeSlot(n, self._folder / f"{n.replace(' ', '-')}.sqlite3") for n in names]
        for index, slot in enumerate(self._slots):
            slot.port = port + index if port else 0
        self._pulse = asyncio.Event()
        self._busy = asyncio.Lock()
        self._auto: asyncio.Task[None] | None = None
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
        """Start every node, mine the first blocks, and wait until all nodes agree."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for slot in self._slots:
            await self._occupy(slot)
        tallest = max(self._alive(), key=lambda node: node.chain.height)
        for ago in range(FIRST_BLOCKS - tallest.chain.height, 0, -1):
            self._mine_block(tallest, self._clock() - ago * BLOCK_EVERY_S)
        for index, node in enumerate(self._alive()):
            await self._dial(node, self._alive()[:index])
        await self._agree()
        if self._auto_mine_s is not None:
            self._auto = asyncio.create_task(self._mine_by_itself(self._auto_mine_s))

    async def stop(self) -> None:
        if self._auto:
            self._auto.cancel()
            await asyncio.gather(self._auto, return_exceptions=True)
        for node in self._alive():
            await node.stop()
        if self._scratch:
            self._scratch.cleanup()

    @property
    def peers(self) -> tuple[str, ...]:
        """Every node's address, dead or alive."""
        return tuple(f"127.0.0.1:{slot.port}" for slot in self._slots)

    def status(self) -> tuple[NodeStatus, ...]:
        return tuple(_status(slot) for slot in self._slots)

    async def watch(self) -> AsyncIterator[tuple[NodeStatus, ...]]:
        """The status now, and again after every change."""
        while True:
            pulse = self._pulse
            yield self.status()
            await pulse.wait()

    async def mine(self, count: int = 1) -> None:
        """Mine blocks and wait until every living node has them. Raises NetworkError."""
        if not 0 < count <= MAX_BLOCKS_AT_ONCE:
            raise NetworkError(f"Mine between 1 and {MAX_BLOCKS_AT_ONCE} blocks at once.")
        async with self._busy:
            await self._mine(count)

    async def fund(self, address: str, sats: int, *, mine: bool = True) -> str:
        """Send play money, wait until every node holds it, and confirm it. Returns the txid."""
        async with self._busy:
            node = self._miner()
            payment = faucet.pay(node.chain, node.mempool, address, sats)
            node.submit_transaction(payment.encode())
            await self._until(lambda: all(n.mempool.get(payment.txid) for n in self._alive()))
            if mine:
                await self._mine(1)
            return payment.name

    async def kill(self, index: int) -> None:
        """One node vanishes as in a crash: its connections break, its memory is gone.

        Raises NetworkError when it is dead already.
        """
        async with self._busy:
            slot = self._find(index)
            if slot.node is None:
                raise NetworkError(f"{slot.name} is dead already.")
            slot.last = _status(slot)
            await slot.node.stop()
            slot.node = None
            self._changed()

    async def revive(self, index: int) -> None:
        """Start a dead node at its old address; it learns from the others what it missed.

        Raises NetworkError when it is alive, or its address was taken meanwhile.
        """
        async with self._busy:
            slot = self._find(index)
            if slot.node is not None:
                raise NetworkError(f"{slot.name} is alive already.")
            neighbours = self._alive()
            await self._dial(await self._occupy(slot), neighbours)
            await self._agree()
            self._changed()

    def node(self, index: int) -> DevnetNode:
        """A living node. Raises NetworkError."""
        slot = self._find(index)
        if slot.node is None:
            raise NetworkError(f"{slot.name} is dead. Revive it first.")
        return slot.node

    async def _occupy(self, slot: NodeSlot) -> DevnetNode:
        node = DevnetNode(slot.name, slot.file, self._clock, self._note, self._changed)
        try:
            await node.start(slot.port)
        except OSError as error:
            await node.stop()
            raise NetworkError(
                f"{slot.name} cannot listen at 127.0.0.1:{slot.port}: another program does. "
                "Its blocks are kept. End that program, or choose another port, and try again."
            ) from error
        slot.port, slot.node = node.address.port, node
        return node

    async def _dial(self, node: DevnetNode, neighbours: list[DevnetNode]) -> None:
        for neighbour in neighbours:
            await node.dial(Address("127.0.0.1", neighbour.address.port))

    async def _mine(self, count: int) -> None:
        node = self._miner()
        for _ in range(count):
            self._mine_block(node, self._clock())
            await asyncio.sleep(0)  # the others may hear of it meanwhile
        await self._agree()

    def _mine_block(self, node: DevnetNode, now: int) -> None:
        block = miner.next_block(node.chain, node.mempool, faucet.script_pubkey(), now)
        try:
            node.submit_block(block.encode())
        except BadBlock:
            # Something waits that no block can take. Without it, the chain goes on.
            self._note(f"{node.name} emptied its mempool: no block could take it.")
            node.mempool.clear()
            block = miner.next_block(node.chain, node.mempool, faucet.script_pubkey(), now)
            node.submit_block(block.encode())

    async def _mine_by_itself(self, after_s: float) -> None:
        while True:
            await self._pulsing(lambda: any(len(node.mempool) for node in self._alive()))
            await asyncio.sleep(after_s)
            try:
                await self.mine(1)
            except HostError as error:  # every node died meanwhile
                self._note(str(error))

    async def _agree(self) -> None:
        await self._until(lambda: len({node.chain.tip for node in self._alive()}) <= 1)

    async def _until(self, true: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(AGREE_S):
                await self._pulsing(true)
        except TimeoutError as error:
            raise NetworkError(
                f"The devnet's nodes did not agree within {AGREE_S:.0f} s. "
                "Nothing is lost. Stop the devnet and start it again."
            ) from error

    async def _pulsing(self, true: Callable[[], bool]) -> None:
        while not true():
            await self._pulse.wait()

    def _changed(self) -> None:
        self._pulse.set()
        self._pulse = asyncio.Event()

    def _alive(self) -> list[DevnetNode]:
        return [slot.node for slot in self._slots if slot.node]

    def _miner(self) -> DevnetNode:
        if not (alive := self._alive()):
            raise NetworkError("Every node is dead. Revive one first.")
        return alive[0]

    def _find(self, index: int) -> NodeSlot:
        if not 0 <= index < len(self._slots):
            raise NetworkError(f"There are nodes 0 to {len(self._slots) - 1}, and no {index}.")
        return self._slots[index]


def _status(slot: NodeSlot) -> NodeStatus:
    if slot.node is None:
        last = slot.last or NodeStatus(slot.name, "", False, 0, "", ())
        return replace(last, alive=False)
    chain, pool = slot.node.chain, slot.node.mempool
    waiting = tuple(entry.transaction.name for entry in pool)
    tip = chain.tip[::-1].hex()
    return NodeStatus(slot.name, str(slot.node.address), True, chain.height, tip, waiting)
