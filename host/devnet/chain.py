"""A node's own complete copy of the chain, judged by Bitcoin Core's engine (libbitcoinkernel).

The engine is the only judge of blocks and scripts. Its verdicts are followed by a ledger; the
bytes lie in a store that somebody may have touched, and are looked at whenever they are read.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from host.devnet.kernel import BadBlock, Engine, Step, Steps
from host.devnet.ledger import Ledger
from host.devnet.storage.audit import Audit, BlockFault, audit
from host.devnet.storage.block_store import BlockStore, StoreDamaged, StoredTip
from host.p2p.blocks import Block
from host.p2p.messages import BLOCK_HEADER_LENGTH
from host.transactions import double_sha256


@dataclass(frozen=True, slots=True)
class Change:
    """What a block did to the best chain, in the order in which it happened."""

    disconnected: tuple[Block, ...] = ()
    connected: tuple[Block, ...] = ()

    def followed_by(self, later: "Change") -> "Change":
        return Change(self.disconnected + later.disconnected, self.connected + later.connected)


class NodeChain(Ledger):
    """All blocks a node knows, the best chain among them, its coins and its filters."""

    def __init__(self, file: Path, owner: str = "") -> None:
        """Open the blocks kept in `file` (made when missing) and judge them all again.

        What is wrong there stands in `faults`; blocks behind a hole wait until it is filled.
        `owner` names the node. Raises StoreUnusable, StoreDamaged, EngineUnusable.
        """
        with ExitStack() as opened:
            self._store = BlockStore(file)
            opened.callback(self._store.close)
            self._engine = Engine(file.with_suffix(".engine"))
            opened.callback(self._engine.close)
            genesis = Block.parse(self._engine.genesis())
            super().__init__(genesis)
            self.faults: list[BlockFault] = []
            self.report: Callable[[BlockFault], None] = lambda _: None
            self._owner = owner
            self._headers = {genesis.hash: genesis.header}  # side branches included
            self._levels = {genesis.hash: 0}
            self._digests: dict[bytes, bytes] = {}  # of the bytes that were judged
            self._waiting: dict[bytes, list[Block]] = defaultdict(list)  # by what they follow
            self._bad: dict[bytes, BlockFault] = {}
            self._load()
            opened.pop_all()

    @property
    def kept_tip(self) -> StoredTip | None:
        """Where the best chain ended by the file's own record. Raises StoreDamaged."""
        return self._store.tip

    @property
    def is_new(self) -> bool:
        """Whether there was no file."""
        return self._store.is_new

    def knows(self, block_hash: bytes) -> bool:
        return block_hash in self._headers

    def wants(self, block_hash: bytes) -> bool:
        """Whether its bytes are to be asked for: never had, or found bad when read back."""
        return block_hash not in self._headers or block_hash in self._bad

    def links(self) -> Mapping[bytes, bytes]:
        """Each sound block and the one it follows, those behind a hole included."""
        links = {block_hash: header[4:36] for block_hash, header in self._headers.items()}
        for block in self._unlinked():
            links[block.hash] = block.previous
        return links

    def raw(self, block_hash: bytes) -> bytes | None:
        """A block's bytes, also when it is on a side branch or behind a hole.

        None for a block that is not here, or not as it was judged: that is reported and never
        handed out. Raises StoreDamaged.
        """
        if block_hash not in self._digests:
            return next((b.encode() for b in self._unlinked() if b.hash == block_hash), None)
        raw = self._store.raw(block_hash)
        if isinstance(raw, bytes) and sha256(raw).digest() == self._digests[block_hash]:
            return raw
        problem = "is missing" if raw is None else "has bytes that are not of this hash"
        self._miss(BlockFault(self._levels[block_hash], block_hash, problem))
        return None

    def submit(self, raw: bytes) -> Change:
        """Judge a block, keep it when it is good. Nothing changes for one that is known.

        The good copy of a block that was found bad is put in its place. Raises Malformed, BadBlock
        or StoreDamaged.
        """
        block_hash = double_sha256(raw[:BLOCK_HEADER_LENGTH])
        if block_hash in self._bad:
            self._restore(block_hash, raw)
        if block_hash in self._headers:
            return Change()
        block = Block.parse(raw)
        if block.previous not in self._headers:
            raise BadBlock("The block does not follow any block that is known.")
        change = self._judge(block, raw)
        end = StoredTip(self.height, self.tip)
        self._store.add(block.hash, raw, self._levels[block.hash], end)
        return change.followed_by(self._take_waiting(block.hash))

    def damage(self, height: int) -> bytes:
        """Turn one bit of the stored block at `height`, as a bad disk would. Returns its hash.

        Raises StoreDamaged.
        """
        block_hash = self.hash_at(height)
        raw = self._store.raw(block_hash)
        intact = raw if isinstance(raw, bytes) else b""
        turned = intact[:-1] + bytes([intact[-1] ^ 1]) if intact else b""
        self._store.keep(block_hash, turned, height)
        return block_hash

    def mend(self) -> None:
        """Bring the file into the state that was judged: in order, and nothing else in it.

        Raises StoreDamaged.
        """
        self._waiting.clear()
        self.faults.clear()
        listed = [(key, self._levels[key]) for key in self._digests]
        self._store.arrange(listed)
        self._store.belong_to(self._owner, StoredTip(self.height, self.tip))

    def settle(self) -> None:
        """Bring all blocks to the disk itself. Raises StoreDamaged."""
        self._store.settle()

    def close(self) -> None:
        """Let go of the engine and the file. Nothing may be asked afterwards."""
        self._engine.close()
        self._store.close()

    def _load(self) -> None:
        stored = audit(self._store)
        for block in stored.sound.values():
            if block.previous in self._headers:
                self._replay(block)
            else:
                self._waiting[block.previous].append(block)
                if block.previous in stored.sound:
                    self.faults.append(_fault(stored, block.hash, "lies before the one it follows"))
        self.faults += stored.faults
        self.faults += self._holes(stored)
        owner, tip = self._store.owner, self._store.tip
        if owner in ("", self._owner) or tip is None:
            if not owner or tip is None:
                self._store.belong_to(self._owner, tip or StoredTip(self.height, self.tip))
            return
        self.faults.append(BlockFault(tip.height, tip.hash, f"lies in a file of {owner}"))

    def _holes(self, stored: Audit) -> list[BlockFault]:
        """What the kept tip, and the blocks that wait, rest on and is not here."""
        tip = self._store.tip
        path = self._path(stored, tip)
        reported = {fault.hash for fault in stored.faults}
        holes = []
        for block in self._unlinked():
            if block.previous in stored.sound or block.previous in reported:
                continue
            if block.hash in path:
                level = stored.heights.get(block.hash)
                height = None if level is None else level - 1
                holes.append(BlockFault(height, block.previous, "is missing"))
            else:
                holes.append(_fault(stored, block.hash, "follows no block that is here"))
        holes += [
            _fault(stored, key, "breaks a rule of the network")
            for key in stored.sound
            if key in path and not self._holds(key)
        ]
        if tip and not self._holds(tip.hash) and tip.hash not in {*reported, *stored.sound}:
            holes.append(BlockFault(tip.height, tip.hash, "is missing"))
        return holes

    def _path(self, stored: Audit, tip: StoredTip | None) -> set[bytes]:
        path, key = set(), tip.hash if tip else b""
        while key in stored.sound:
            path.add(key)
            key = stored.sound[key].previous
        return path

    def _holds(self, block_hash: bytes) -> bool:
        return block_hash in self._headers or any(b.hash == block_hash for b in self._unlinked())

    def _unlinked(self) -> Iterable[Block]:
        return (block for listed in self._waiting.values() for block in listed)

    def _replay(self, block: Block) -> Change:
        try:
            change = self._judge(block, block.encode())
        except BadBlock:
            return Change()  # a side branch that turned out bad after it was kept
        return change.followed_by(self._take_waiting(block.hash))

    def _take_waiting(self, parent: bytes) -> Change:
        """Judge the blocks that waited for this one, and those that waited for them."""
        change, parents = Change(), [parent]
        while parents:
            for block in self._waiting.pop(parents.pop(0), ()):
                if block.hash in self._headers:
                    continue
                try:
                    change = change.followed_by(self._judge(block, block.encode()))
                except BadBlock:
                    continue
                parents.append(block.hash)
        return change

    def _judge(self, block: Block, raw: bytes) -> Change:
        steps = self._engine.judge(raw)
        self._headers[block.hash] = block.header
        change = self._follow(steps, block)
        if any(step is Step.REFUSED for step, _ in steps):
            del self._headers[block.hash]
            raise BadBlock("The block breaks a rule of the network.")
        self._levels[block.hash] = self._levels[block.previous] + 1
        self._digests[block.hash] = sha256(raw).digest()
        return change

    def _follow(self, steps: Steps, fresh: Block) -> Change:
        undone, done = [], []
        for step, block_hash in steps:
            if step is Step.DISCONNECTED:
                block = self._read(self.tip)
                self._disconnect(block)
                undone.append(block)
            elif step is Step.CONNECTED:
                block = fresh if block_hash == fresh.hash else self._read(block_hash)
                self._connect(block)
                done.append(block)
        return Change(tuple(undone), tuple(done))

    def _read(self, block_hash: bytes) -> Block:
        raw = self.raw(block_hash)
        if raw is None:
            fault = self._bad[block_hash]
            raise StoreDamaged(f"The chain changes, and {fault}, so it cannot be followed.")
        return Block.parse(raw)

    def _miss(self, fault: BlockFault) -> None:
        if fault.hash not in self._bad:
            self._bad[fault.hash] = fault
            self.report(fault)

    def _restore(self, block_hash: bytes, raw: bytes) -> None:
        if sha256(raw).digest() != self._digests[block_hash]:
            raise BadBlock("The block is not the one that was asked for.")
        self._store.keep(block_hash, raw, self._levels[block_hash])
        fault = self._bad.pop(block_hash)
        self.report(BlockFault(fault.height, block_hash, "is whole again: another node had it"))


def _fault(stored: Audit, block_hash: bytes, problem: str) -> BlockFault:
    return BlockFault(stored.heights.get(block_hash), block_hash, problem)
