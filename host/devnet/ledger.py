"""The best chain as a list, its coins and its filters: what the engine does not tell."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from host.devnet import blocks
from host.p2p import filters
from host.p2p.blocks import Block
from host.transactions import Outpoint, Transaction

MEDIAN_OF = 11  # BIP113
LOCATOR_DENSE = 10
UNSPENDABLE = 0x6A  # OP_RETURN


@dataclass(frozen=True, slots=True)
class Coin:
    """An unspent output, and where it was made."""

    sats: int
    script_pubkey: bytes
    height: int
    is_coinbase: bool


Spends = tuple[tuple[Outpoint, Coin], ...]


@dataclass(slots=True)
class _BlockRecord:
    """What is kept of a block on the best chain."""

    header: bytes
    filter: bytes
    filter_header: bytes
    spent: Spends = ()


class Ledger:
    """Changes only when the engine says that a block was connected or disconnected."""

    def __init__(self, genesis: Block) -> None:
        self._best: list[bytes] = []
        self._heights: dict[bytes, int] = {}
        self._records: list[_BlockRecord] = []
        self.coins: dict[Outpoint, Coin] = {}
        # The first block's coins can never be spent, so they are no coins.
        self._extend(genesis, ())

    @property
    def height(self) -> int:
        return len(self._best) - 1

    @property
    def tip(self) -> bytes:
        return self._best[-1]

    def height_of(self, block_hash: bytes) -> int | None:
        """Its height, when it is on the best chain."""
        return self._heights.get(block_hash)

    def hash_at(self, height: int) -> bytes:
        return self._best[height]

    def header(self, height: int) -> bytes:
        return self._records[height].header

    def filter(self, height: int) -> bytes:
        """The basic filter of the block at `height` (BIP158)."""
        return self._records[height].filter

    def filter_header(self, height: int) -> bytes:
        """The filter header at `height` (BIP157); zeros before the first block."""
        return self._records[height].filter_header if height >= 0 else filters.NO_HEADER

    def spent(self, height: int) -> Spends:
        """The coins that the block at `height` spends, in the order of its inputs."""
        return self._records[height].spent

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

    def _connect(self, block: Block) -> None:
        """Put a block on the tip."""
        spent = []
        height = self.height + 1
        for transaction in block.transactions:
            if not transaction.is_coinbase:
                spent += [(i.outpoint, self.coins.pop(i.outpoint)) for i in transaction.inputs]
            self.coins.update(_coins(transaction, height))
        self._extend(block, tuple(spent))

    def _disconnect(self, block: Block) -> None:
        """Take the tip, which is this block, off again."""
        del self._heights[self._best.pop()]
        for transaction in block.transactions:
            for index in range(len(transaction.outputs)):
                self.coins.pop(Outpoint(transaction.txid, index), None)
        txids = {transaction.txid for transaction in block.transactions}
        spent = self._records.pop().spent
        self.coins.update({point: coin for point, coin in spent if point.txid not in txids})

    def _extend(self, block: Block, spent: Spends) -> None:
        created = (
            out.script_pubkey for transaction in block.transactions for out in transaction.outputs
        )
        block_filter = filters.basic_filter(
            block.hash, created, (c.script_pubkey for _, c in spent)
        )
        header = filters.filter_header(block_filter, self.filter_header(self.height))
        self._best.append(block.hash)
        self._heights[block.hash] = self.height
        self._records.append(_BlockRecord(block.header, block_filter, header, spent))


def _coins(transaction: Transaction, height: int) -> Iterator[tuple[Outpoint, Coin]]:
    for index, out in enumerate(transaction.outputs):
        if out.script_pubkey[:1] != bytes([UNSPENDABLE]):
            coin = Coin(out.sats, out.script_pubkey, height, transaction.is_coinbase)
            yield Outpoint(transaction.txid, index), coin
