"""The transactions a node holds until a block takes them. A refusal is a sentence."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from host import consensus
from host.devnet import blocks
from host.devnet.chain import Change, NodeChain
from host.devnet.ledger import Coin
from host.errors import HostError
from host.p2p.blocks import Block
from host.transactions import Outpoint, Transaction, TxIn, TxOut

MIN_SATS_PER_VBYTE = 1
MATURITY = 100  # blocks until a coinbase can be spent
MAX_SATS = 21_000_000 * 100_000_000
MAX_BLOCK_WEIGHT = 3_990_000  # of 4,000,000: the rest is for the header and the coinbase
MAX_WEIGHT = 400_000  # Bitcoin Core's policy
MAX_TRANSACTIONS = 5_000
FINAL = 0xFFFFFFFF
REPLACEABLE_BELOW = 0xFFFFFFFE  # BIP125
LOCK_TIME_IS_SECONDS = 500_000_000
RELATIVE_OFF, RELATIVE_SECONDS, RELATIVE_MASK = 1 << 31, 1 << 22, 0xFFFF  # BIP68
UNCONFIRMED = -1


class NotTaken(HostError):
    """The mempool refused a transaction."""


class CoinUnknown(NotTaken):
    """It spends a coin that is spent, or of a transaction that has not come yet."""


@dataclass(frozen=True, slots=True)
class MempoolEntry:
    transaction: Transaction
    fee_sats: int
    vsize: int


class Mempool:
    """Spends of coins on `chain`, or of each other: parents always come before their children."""

    def __init__(self, chain: NodeChain) -> None:
        self._chain = chain
        self.floor = float(MIN_SATS_PER_VBYTE)  # sat/vB
        self._entries: dict[bytes, MempoolEntry] = {}
        self._by_wtxid: dict[bytes, bytes] = {}
        self._spenders: dict[Outpoint, bytes] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[MempoolEntry]:
        return iter(tuple(self._entries.values()))

    def get(self, any_id: bytes) -> Transaction | None:
        """By txid or by wtxid."""
        entry = self._entries.get(self._by_wtxid.get(any_id, any_id))
        return entry.transaction if entry else None

    def spends(self, outpoint: Outpoint) -> bool:
        return outpoint in self._spenders

    def accept(self, raw: bytes) -> MempoolEntry:
        """Check everything a node checks and take it. Raises NotTaken or Malformed."""
        transaction = Transaction.parse(raw)
        _check_shape(transaction)
        if transaction.txid in self._entries:
            raise NotTaken("The transaction is here already.")
        if len(self) >= MAX_TRANSACTIONS:
            raise NotTaken("The mempool is full. Mine a block first.")
        coins = [self.coin(txin.outpoint) for txin in transaction.inputs]
        self._check_locks(transaction, coins)
        entry = MempoolEntry(transaction, _fee(transaction, coins), transaction.vsize)
        if self._is_too_cheap(entry):
            raise NotTaken(
                f"The fee of {entry.fee_sats} sats is below {self.floor:g} sat/vB "
                f"({math.ceil(entry.vsize * self.floor)} sats for this transaction)."
            )
        replaced = self._replaced_by(entry)
        _check_scripts(raw, coins)
        for txid in replaced:
            self._forget(txid)
        self._take(entry)
        return entry

    def next_block(self, script_pubkey: bytes, timestamp: int, name: str = "") -> Block:
        """A mined block on the tip, holding what waits. Subsidy and fees go to `script_pubkey`.

        `name` is the miner's. `timestamp`: seconds since 1970; the block is later when the chain's
        own time asks for it.
        """
        chain = self._chain
        entries = self._chosen()
        height, fees = chain.height + 1, sum(entry.fee_sats for entry in entries)
        reward = TxOut(blocks.subsidy(height) + fees, script_pubkey)
        time = max(timestamp, chain.median_time(chain.height) + 1)
        transactions = [entry.transaction for entry in entries]
        return blocks.build(chain.tip, height, time, reward, transactions, name.encode())

    def follow(self, change: Change) -> None:
        """Keep what can still be mined after the best chain changed."""
        if not change.disconnected:
            for block in change.connected:
                self.block_connected(block)
            return
        # Transactions of blocks that are no longer on the best chain wait again, before the others.
        undone = (
            transaction for block in change.disconnected[::-1] for transaction in block.transactions
        )
        waiting = self.clear()
        for transaction in (*undone, *waiting):
            try:
                self.accept(transaction.encode())
            except NotTaken:
                continue  # in one of the new blocks, or made impossible by them

    def block_connected(self, block: Block) -> None:
        """Forget what the block holds, and what its spends have made impossible."""
        for transaction in block.transactions:
            self._forget(transaction.txid)
            for txin in transaction.inputs:
                if rival := self._spenders.get(txin.outpoint):
                    for txid in self._family(rival):
                        self._forget(txid)

    def raise_floor(self, sats_per_vbyte: float) -> None:
        """Take nothing that pays less, and forget what does, with all that builds on it."""
        self.floor = sats_per_vbyte
        for entry in self:
            if entry.transaction.txid in self._entries and self._is_too_cheap(entry):
                for txid in self._family(entry.transaction.txid):
                    self._forget(txid)

    def clear(self) -> tuple[Transaction, ...]:
        """Empty the pool; what it held, parents first."""
        transactions = tuple(entry.transaction for entry in self)
        for transaction in transactions:
            self._forget(transaction.txid)
        return transactions

    def _chosen(self) -> list[MempoolEntry]:
        # In the order of arrival: parents come before children, and nobody bids on play money.
        chosen, weight = [], 0
        for entry in self:
            weight += entry.transaction.weight
            if weight > MAX_BLOCK_WEIGHT:
                break
            chosen.append(entry)
        return chosen

    def _is_too_cheap(self, entry: MempoolEntry) -> bool:
        return entry.fee_sats < entry.vsize * self.floor

    def coin(self, outpoint: Outpoint) -> Coin:
        """A coin on the chain, or of what waits. Raises CoinUnknown."""
        if coin := self._chain.coins.get(outpoint):
            return coin
        parent = self._entries.get(outpoint.txid)
        if parent and outpoint.index < len(parent.transaction.outputs):
            out = parent.transaction.outputs[outpoint.index]
            return Coin(out.sats, out.script_pubkey, UNCONFIRMED, is_coinbase=False)
        raise CoinUnknown("An input spends a coin that does not exist, or is spent already.")

    def _check_locks(self, transaction: Transaction, coins: list[Coin]) -> None:
        height = self._chain.height + 1
        median = self._chain.median_time(self._chain.height)
        if not _is_final(transaction, height, median):
            raise NotTaken("The transaction's lock time is not reached yet.")
        for txin, coin in zip(transaction.inputs, coins, strict=True):
            if coin.is_coinbase and height - coin.height < MATURITY:
                raise NotTaken("An input spends a mined coin that is younger than 100 blocks.")
            if transaction.version >= 2 and not self._is_old_enough(txin, coin, height, median):
                raise NotTaken("An input's relative lock time is not reached yet.")

    def _is_old_enough(self, txin: TxIn, coin: Coin, height: int, median: int) -> bool:
        """BIP68. An unconfirmed coin will be confirmed in the next block at the earliest."""
        if txin.sequence & RELATIVE_OFF:
            return True
        created = height if coin.height == UNCONFIRMED else coin.height
        wait = txin.sequence & RELATIVE_MASK
        if txin.sequence & RELATIVE_SECONDS:
            since = self._chain.median_time(max(0, created - 1))
            return median - since >= wait << 9
        return height - created >= wait

    def _replaced_by(self, entry: MempoolEntry) -> tuple[bytes, ...]:
        """What must go for `entry` to come in (BIP125: it must pay for what it pushes out)."""
        inputs = entry.transaction.inputs
        rivals = {txid for txin in inputs if (txid := self._spenders.get(txin.outpoint))}
        if not rivals:
            return ()
        if not all(_signals(self._entries[txid].transaction) for txid in rivals):
            raise NotTaken("A transaction that spends the same coin is waiting already.")
        leaving = self._family(*rivals)
        if any(txin.outpoint.txid in leaving for txin in inputs):
            raise NotTaken("The transaction spends what it would replace.")
        paid = sum(self._entries[txid].fee_sats for txid in leaving)
        if entry.fee_sats < paid + entry.vsize * MIN_SATS_PER_VBYTE:
            raise NotTaken(
                f"To replace what is waiting, the fee must be {paid + entry.vsize} sats or more."
            )
        return leaving

    def _family(self, *ancestors: bytes) -> tuple[bytes, ...]:
        """Transactions and all that descend from them, each once."""
        family = dict.fromkeys(ancestors)
        waiting = list(family)
        while waiting:
            txid = waiting.pop()
            outputs = range(len(self._entries[txid].transaction.outputs))
            spenders = (self._spenders.get(Outpoint(txid, index)) for index in outputs)
            children = [child for child in spenders if child and child not in family]
            family.update(dict.fromkeys(children))
            waiting += children
        return tuple(family)

    def _take(self, entry: MempoolEntry) -> None:
        transaction = entry.transaction
        self._entries[transaction.txid] = entry
        self._by_wtxid[transaction.wtxid] = transaction.txid
        for txin in transaction.inputs:
            self._spenders[txin.outpoint] = transaction.txid

    def _forget(self, txid: bytes) -> None:
        entry = self._entries.pop(txid, None)
        if entry is None:
            return
        del self._by_wtxid[entry.transaction.wtxid]
        for txin in entry.transaction.inputs:
            self._spenders.pop(txin.outpoint, None)


def _check_shape(transaction: Transaction) -> None:
    points = [txin.outpoint for txin in transaction.inputs]
    if transaction.is_coinbase:
        raise NotTaken("Only a miner may make a coinbase, and only in a block.")
    if not points or not transaction.outputs:
        raise NotTaken("A transaction needs an input and an output.")
    if len(set(points)) != len(points):
        raise NotTaken("Two inputs spend the same coin.")
    if sum(out.sats for out in transaction.outputs) > MAX_SATS:
        raise NotTaken("The outputs hold more coins than there are.")
    if transaction.weight > MAX_WEIGHT:
        raise NotTaken(f"A weight of {transaction.weight} is more than {MAX_WEIGHT}.")


def _fee(transaction: Transaction, coins: Iterable[Coin]) -> int:
    fee = sum(coin.sats for coin in coins) - sum(out.sats for out in transaction.outputs)
    if fee < 0:
        raise NotTaken("The outputs hold more than the inputs.")
    return fee


def _check_scripts(raw: bytes, coins: Iterable[Coin]) -> None:
    try:
        consensus.verify(raw, [TxOut(coin.sats, coin.script_pubkey) for coin in coins])
    except consensus.ScriptsRefused as refused:
        raise NotTaken(
            f"Input {refused.input_index + 1} does not satisfy the script of the coin it spends."
        ) from refused


def _is_final(transaction: Transaction, height: int, median: int) -> bool:
    """BIP113: a block's median time past is what a lock in seconds waits for."""
    limit = height if transaction.lock_time < LOCK_TIME_IS_SECONDS else median
    return transaction.lock_time < limit or all(
        txin.sequence == FINAL for txin in transaction.inputs
    )


def _signals(transaction: Transaction) -> bool:
    return any(txin.sequence < REPLACEABLE_BELOW for txin in transaction.inputs)
