"""A node's own complete copy of the chain, judged by Bitcoin Core's engine (libbitcoinkernel).

The engine is the only judge of blocks and scripts. What it cannot tell us (who owns which coin,
compact filters) is kept beside it, and changes only when it says that a block was connected.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from host.devnet import blocks, filters
from host.devnet.blocks import Block
from host.devnet.kernel import BadBlock, Engine, Step, Steps
from host.errors import HostError
from host.p2p.messages import BLOCK_HEADER_LENGTH
from host.transactions import Outpoint, Transaction, double_sha256
from signer.errors import Malformed

MEDIAN_OF = 11  # BIP113
LOCATOR_DENSE = 10
UNSPENDABLE = 0x6A  # OP_RETURN


class StoreUnusable(HostError):
    """The file that keeps a node's blocks is in use, or is something else."""


@dataclass(frozen=True, slots=True)
class Coin:
    """An unspent output, and where it was made."""

    sats: int
    script_pubkey: bytes
    height: int
    is_coinbase: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What a block did to the best chain, in the order in which it happened."""

    disconnected: tuple[Block, ...] = ()
    connected: tuple[Block, ...] = ()


@dataclass(slots=True)
class _BlockRecord:
    """What we keep of a block on the best chain."""

    filter: bytes
    filter_header: bytes
    spent: tuple[tuple[Outpoint, Coin], ...] = ()


class NodeChain:
    """All blocks a node knows, the best chain among them, its coins and its filters."""

    def __init__(self, file: Path) -> None:
        """Open the blocks kept in `file` (made when missing) and judge them all again."""
        self._store = _open(file)
        self._engine = Engine(file.with_suffix(".engine"))
        self._headers: dict[bytes, bytes] = {}  # block hash -> header, side branches included
        self._best: list[bytes] = []
        self._heights: dict[bytes, int] = {}
        self._records: dict[bytes, _BlockRecord] = {}
        self.coins: dict[Outpoint, Coin] = {}
        self._begin()
        for raw in _stored(self._store):
            self._replay(raw)

    @property
    def height(self) -> int:
        return len(self._best) - 1

    @property
    def tip(self) -> bytes:
        return self._best[-1]

    def knows(self, block_hash: bytes) -> bool:
        return block_hash in self._headers

    def height_of(self, block_hash: bytes) -> int | None:
        """Its height, when it is on the best chain."""
        return self._heights.get(block_hash)

    def hash_at(self, height: int) -> bytes:
        return self._best[height]

    def header(self, height: int) -> bytes:
        return self._headers[self._best[height]]

    def raw(self, block_hash: bytes) -> bytes | None:
        """A block's bytes, also when it is on a side branch."""
        row = self._store.execute("SELECT raw FROM blocks WHERE hash = ?", (block_hash,)).fetchone()
        return row[0] if row else None

    def filter(self, height: int) -> bytes:
        """The basic filter of the block at `height` (BIP158)."""
        return self._records[self._best[height]].filter

    def filter_header(self, height: int) -> bytes:
        """The filter header at `height` (BIP157); zeros before the first block."""
        if height < 0:
            return filters.NO_HEADER
        return self._records[self._best[height]].filter_header

    def median_time(self, height: int) -> int:
        """The median of the last eleven block times (BIP113)."""
        first = max(0, height - MEDIAN_OF + 1)
        times = sorted(
            blocks.timestamp(self.header(position)) for position in range(first, height + 1)
        )
        return times[len(times) // 2]

    def locator(self) -> tuple[bytes, ...]:
        """Hashes from the tip back, ever farther apart, ending with the first block."""
        heights, step, height = [], 1, self.height
        while height > 0:
            heights.append(height)
            step *= 2 if len(heights) > LOCATOR_DENSE else 1
            height -= step
        return tuple(self._best[height] for height in (*heights, 0))

    def headers_after(self, locator: Iterable[bytes], stop: bytes, limit: int) -> Sequence[bytes]:
        """The headers that follow the first hash of `locator` on the best chain."""
        common = (
            self._heights[block_hash] for block_hash in locator if block_hash in self._heights
        )
        first = next(common, 0) + 1
        last = min(self._heights.get(stop, self.height), self.height, first + limit - 1)
        return [self.header(height) for height in range(first, last + 1)]

    def submit(self, raw: bytes) -> Change:
        """Judge a block, keep it when it is good. Nothing changes for one that is known.

        Raises Malformed or BadBlock.
        """
        if double_sha256(raw[:BLOCK_HEADER_LENGTH]) in self._headers:
            return Change()
        block = Block.parse(raw)
        if block.previous not in self._headers:
            raise BadBlock("The block does not follow any block that is known.")
        change = self._judge(block, raw)
        with self._store:
            self._store.execute("INSERT INTO blocks(hash, raw) VALUES (?, ?)", (block.hash, raw))
        return change

    def close(self) -> None:
        """Let go of the engine and the file. Nothing may be asked afterwards."""
        self._engine.close()
        self._store.close()

    def _begin(self) -> None:
        genesis = Block.parse(self._engine.genesis())
        self._headers[genesis.hash] = genesis.header
        # The first block's coins can never be spent, so they are no coins.
        self._extend(genesis, ())

    def _replay(self, raw: bytes) -> None:
        try:
            self._judge(Block.parse(raw), raw)
        except BadBlock:
            return  # a side branch that turned out bad after it was kept

    def _judge(self, block: Block, raw: bytes) -> Change:
        steps = self._engine.judge(raw)
        self._headers[block.hash] = block.header
        change = self._follow(steps, block)
        if any(step is Step.REFUSED for step, _ in steps):
            del self._headers[block.hash]
            raise BadBlock("The block breaks a rule of the network.")
        return change

    def _follow(self, steps: Steps, fresh: Block) -> Change:
        undone, done = [], []
        for step, block_hash in steps:
            if step is Step.DISCONNECTED:
                undone.append(self._disconnect())
            elif step is Step.CONNECTED:
                block = fresh if block_hash == fresh.hash else self._read(block_hash)
                self._connect(block)
                done.append(block)
        return Change(tuple(undone), tuple(done))

    def _read(self, block_hash: bytes) -> Block:
        raw = self.raw(block_hash)
        if raw is None:
            raise Malformed(f"Block {block_hash[::-1].hex()} is missing from the node's own store.")
        return Block.parse(raw)

    def _connect(self, block: Block) -> None:
        spent = []
        height = self.height + 1
        for transaction in block.transactions:
            if not transaction.is_coinbase:
                spent += [(i.outpoint, self.coins.pop(i.outpoint)) for i in transaction.inputs]
            self.coins.update(_coins(transaction, height))
        self._extend(block, tuple(spent))

    def _disconnect(self) -> Block:
        block = self._read(self._best.pop())
        del self._heights[block.hash]
        for transaction in block.transactions:
            for index in range(len(transaction.outputs)):
                self.coins.pop(Outpoint(transaction.txid, index), None)
        txids = {transaction.txid for transaction in block.transactions}
        spent = self._records.pop(block.hash).spent
        self.coins.update({point: coin for point, coin in spent if point.txid not in txids})
        return block

    def _extend(self, block: Block, spent: tuple[tuple[Outpoint, Coin], ...]) -> None:
        created = (
            out.script_pubkey for transaction in block.transactions for out in transaction.outputs
        )
        block_filter = filters.basic_filter(
            block.hash, created, (c.script_pubkey for _, c in spent)
        )
        previous = self.filter_header(self.height)
        self._best.append(block.hash)
        self._heights[block.hash] = self.height
        self._records[block.hash] = _BlockRecord(
            block_filter, filters.filter_header(block_filter, previous), spent
        )


def _coins(transaction: Transaction, height: int) -> Iterator[tuple[Outpoint, Coin]]:
    for index, out in enumerate(transaction.outputs):
        if out.script_pubkey[:1] != bytes([UNSPENDABLE]):
            coin = Coin(out.sats, out.script_pubkey, height, transaction.is_coinbase)
            yield Outpoint(transaction.txid, index), coin


def _open(file: Path) -> sqlite3.Connection:
    store = sqlite3.connect(file, timeout=0)
    try:
        # Two devnets on one folder would each miss the blocks that the other writes.
        store.execute("PRAGMA locking_mode = EXCLUSIVE")
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = NORMAL")
        store.execute(
            "CREATE TABLE IF NOT EXISTS blocks(seq INTEGER PRIMARY KEY, hash BLOB UNIQUE, raw BLOB)"
        )
    except sqlite3.DatabaseError as error:
        store.close()
        raise StoreUnusable(
            f"The blocks in {file} cannot be used ({error}). Nothing was changed. "
            "Another devnet may be running on that folder: stop it, or choose another folder."
        ) from error
    return store


def _stored(store: sqlite3.Connection) -> Iterator[bytes]:
    return (raw for (raw,) in store.execute("SELECT raw FROM blocks ORDER BY seq").fetchall())
