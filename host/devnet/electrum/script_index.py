"""Which transactions touch a script: what an Electrum server knows beyond its node. No I/O."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from host.devnet.chain import NodeChain
from host.devnet.mempool import Mempool
from host.p2p.blocks import Block
from host.transactions import Outpoint, Transaction

UNCONFIRMED, WITH_PARENTS = 0, -1  # heights of what waits, as the protocol says them


@dataclass(frozen=True, slots=True)
class Touch:
    """A transaction that pays to a script or spends from it. `fee_sats` while it waits."""

    txid: bytes
    height: int
    fee_sats: int | None = None


@dataclass(frozen=True, slots=True)
class Unspent:
    """A coin of a script; `height` is 0 while it waits."""

    outpoint: Outpoint
    sats: int
    height: int


class ScriptIndex:
    """Follows the best chain of whichever node it is shown; hashes are SHA-256 of the script."""

    def __init__(self) -> None:
        self._hashes: list[bytes] = []  # of the blocks that are indexed
        self._touched: list[set[bytes]] = []  # scripts, a block each
        self._histories: dict[bytes, list[Touch]] = defaultdict(list)
        self._scripts: dict[bytes, bytes] = {}
        self._places: dict[bytes, int] = {}  # txid -> height
        self._pool: dict[bytes, list[Touch]] = {}
        self._pool_txids: tuple[bytes, ...] = ()

    def follow(self, chain: NodeChain, mempool: Mempool) -> None:
        """Index what is new, and undo what is no longer on the best chain."""
        while self._hashes and not self._is_on(chain):
            self._undo()
        while len(self._hashes) <= chain.height and self._add(chain, len(self._hashes)):
            pass
        txids = tuple(entry.transaction.txid for entry in mempool)
        if txids != self._pool_txids:
            self._pool_txids, self._pool = txids, self._waiting(mempool)

    def height_of(self, txid: bytes) -> int | None:
        """The block that holds a transaction."""
        return self._places.get(txid)

    def history(self, script_hash: bytes) -> tuple[Touch, ...]:
        """Confirmed in the order of the chain, then what waits."""
        return (*self._histories.get(script_hash, ()), *self.waiting(script_hash))

    def waiting(self, script_hash: bytes) -> tuple[Touch, ...]:
        return tuple(self._pool.get(script_hash, ()))

    def unspent(self, script_hash: bytes, chain: NodeChain, mempool: Mempool) -> list[Unspent]:
        """Coins that nothing spends, not even something that waits."""
        script = self._scripts.get(script_hash)
        coins = [
            Unspent(point, coin.sats, coin.height)
            for point, coin in chain.coins.items()
            if coin.script_pubkey == script
        ]
        coins += [
            Unspent(Outpoint(entry.transaction.txid, index), out.sats, UNCONFIRMED)
            for entry in mempool
            for index, out in enumerate(entry.transaction.outputs)
            if out.script_pubkey == script
        ]
        return [coin for coin in coins if not mempool.spends(coin.outpoint)]

    def balance(self, script_hash: bytes, chain: NodeChain, mempool: Mempool) -> tuple[int, int]:
        """Confirmed sats, and what will come on top when all that waits is in a block."""
        script = self._scripts.get(script_hash)
        confirmed = sum(c.sats for c in chain.coins.values() if c.script_pubkey == script)
        total = sum(coin.sats for coin in self.unspent(script_hash, chain, mempool))
        return confirmed, total - confirmed

    def _is_on(self, chain: NodeChain) -> bool:
        last = len(self._hashes) - 1
        return last <= chain.height and chain.hash_at(last) == self._hashes[last]

    def _undo(self) -> None:
        height = len(self._hashes) - 1
        self._hashes.pop()
        for script_hash in self._touched.pop():
            history = self._histories[script_hash]
            while history and history[-1].height == height:
                self._places.pop(history.pop().txid, None)
            if not history:
                del self._histories[script_hash]

    def _add(self, chain: NodeChain, height: int) -> bool:
        block_hash = chain.hash_at(height)
        raw = chain.raw(block_hash) if height else None  # the first block's coins are no coins
        block = Block.parse(raw) if raw else None
        if height and block is None:
            return False  # it is being healed, and indexed afterwards
        spent = {point: coin.script_pubkey for point, coin in chain.spent(height)}
        touched: set[bytes] = set()
        for transaction in block.transactions if block else ():
            self._places[transaction.txid] = height
            for script_hash in self._hash_all(_scripts(transaction, spent)):
                self._histories[script_hash].append(Touch(transaction.txid, height))
                touched.add(script_hash)
        self._hashes.append(block_hash)
        self._touched.append(touched)
        return True

    def _waiting(self, mempool: Mempool) -> dict[bytes, list[Touch]]:
        touches: dict[bytes, list[Touch]] = defaultdict(list)
        for entry in mempool:
            transaction = entry.transaction
            points = [txin.outpoint for txin in transaction.inputs]
            spent = {point: mempool.coin(point).script_pubkey for point in points}
            has_parents = any(mempool.get(point.txid) for point in points)
            height = WITH_PARENTS if has_parents else UNCONFIRMED
            for script_hash in self._hash_all(_scripts(transaction, spent)):
                touches[script_hash].append(Touch(transaction.txid, height, entry.fee_sats))
        return touches

    def _hash_all(self, scripts: Iterable[bytes]) -> Iterator[bytes]:
        for script in set(scripts):
            script_hash = sha256(script).digest()
            self._scripts[script_hash] = script
            yield script_hash


def _scripts(transaction: Transaction, spent: dict[Outpoint, bytes]) -> Iterator[bytes]:
    yield from (out.script_pubkey for out in transaction.outputs)
    yield from (spent[txin.outpoint] for txin in transaction.inputs if not transaction.is_coinbase)
