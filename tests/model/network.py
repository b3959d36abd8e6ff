"""A network without wires: a best chain, one mempool, and what somebody still holds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from host.transactions import Outpoint, Transaction, TxOut

GENESIS = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"  # of regtest


class Refused(Exception):
    """No node takes it; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Block:
    """A name and what is in it."""

    hash: str
    transactions: tuple[Transaction, ...]


class Network:
    """Coins that come from a transaction nobody knows exist, and can be spent once."""

    def __init__(self) -> None:
        self.chain = [Block(GENESIS, ())]
        self.mempool: dict[bytes, Transaction] = {}
        self.held: dict[bytes, Transaction] = {}
        self._known: dict[bytes, Transaction] = {}
        self._number = 0
        self.floor = 1  # sat/vB

    @property
    def height(self) -> int:
        return len(self.chain) - 1

    def confirmed(self) -> Iterator[Transaction]:
        for block in self.chain:
            yield from block.transactions

    def unspent(self) -> dict[Outpoint, TxOut]:
        """What the best chain has."""
        coins: dict[Outpoint, TxOut] = {}
        for transaction in self.confirmed():
            for txin in transaction.inputs:
                coins.pop(txin.outpoint, None)
            for index, output in enumerate(transaction.outputs):
                coins[Outpoint(transaction.txid, index)] = output
        return coins

    def fee(self, transaction: Transaction) -> int:
        """Enough for one whose coins are from nowhere."""
        spent = [self._output(txin.outpoint) for txin in transaction.inputs]
        if None in spent:
            return 10_000
        paid = sum(output.sats for output in transaction.outputs)
        return sum(output.sats for output in spent if output) - paid

    def accept(self, transaction: Transaction) -> None:
        """Into the mempool, by the rules of replacement (BIP125). Raises Refused."""
        self._known[transaction.txid] = transaction
        if transaction.txid in self.mempool | self._in_blocks():
            return
        if not self._can_follow(transaction, self.mempool):
            raise Refused("bad-txns-inputs-missingorspent")
        fee, size = self.fee(transaction), transaction.vsize
        if fee < self.floor * size:
            raise Refused("min relay fee not met")
        evicted = self._with_descendants(self._conflicts(transaction))
        if evicted and fee < sum(self.fee(self.mempool[txid]) for txid in evicted) + size:
            raise Refused("insufficient fee")
        if any(txin.outpoint.txid in evicted for txin in transaction.inputs):
            raise Refused("spends what it replaces")
        for txid in evicted:
            self.held[txid] = self.mempool.pop(txid)
        self.mempool[transaction.txid] = transaction

    def mine(self, transactions: Iterable[Transaction] | None = None) -> None:
        """One block, of the mempool if nothing else is said; what it rules out is dropped."""
        offered = list(self.mempool.values() if transactions is None else transactions)
        taken: dict[bytes, Transaction] = {}
        for transaction in offered:
            self._known[transaction.txid] = transaction
            if self._is_valid(transaction, taken):
                taken[transaction.txid] = transaction
        self._number += 1
        name = sha256(self._number.to_bytes(8)).hexdigest()
        self.chain.append(Block(name, tuple(taken.values())))
        self._refill(self.mempool.values())

    def mine_held(self, txid: bytes) -> None:
        """Somebody kept it, and found a block."""
        self.mine([self.held[txid]])

    def reorganize(self, depth: int, instead: Iterable[Transaction]) -> None:
        """`depth` blocks lose against one more, the first of which has what is given."""
        lost = self.chain[-depth:]
        del self.chain[-depth:]
        returned = [transaction for block in lost for transaction in block.transactions]
        before = list(self.mempool.values())
        self.mempool = {}
        self.mine(instead)
        self._refill([*returned, *before])
        for _ in range(depth):
            self.mine(())

    def forget(self) -> None:
        """Every mempool is empty; somebody holds what was there."""
        self.held |= self.mempool
        self.mempool = {}

    def depth_of_conflict(self, transaction: Transaction) -> int:
        """How deep what rules it out is; 0 while nothing does."""
        spent = {txin.outpoint for txin in transaction.inputs}
        for height, block in enumerate(self.chain):
            for other in block.transactions:
                if spent & {txin.outpoint for txin in other.inputs} and other != transaction:
                    return self.height - height + 1
        return 0

    def _refill(self, transactions: Iterable[Transaction]) -> None:
        listed = list(transactions)
        self.mempool = {}
        for transaction in listed:
            if self._is_valid(transaction, self.mempool):
                self.mempool[transaction.txid] = transaction
            elif transaction.txid not in self._in_blocks():
                self.held[transaction.txid] = transaction

    def _is_valid(self, transaction: Transaction, beside: dict[bytes, Transaction]) -> bool:
        if transaction.txid in self._in_blocks() or transaction.txid in beside:
            return False
        spent = {txin.outpoint for each in beside.values() for txin in each.inputs}
        is_free = not spent & {txin.outpoint for txin in transaction.inputs}
        return is_free and self._can_follow(transaction, beside)

    def _can_follow(self, transaction: Transaction, beside: dict[bytes, Transaction]) -> bool:
        """Whether its coins exist and no block has spent them."""
        there = self._in_blocks() | beside
        spent = {txin.outpoint for each in self.confirmed() for txin in each.inputs}
        return all(
            txin.outpoint not in spent
            and (txin.outpoint.txid in there or txin.outpoint.txid not in self._known)
            for txin in transaction.inputs
        )

    def _conflicts(self, transaction: Transaction) -> set[bytes]:
        spent = {txin.outpoint for txin in transaction.inputs}
        return {
            txid
            for txid, other in self.mempool.items()
            if spent & {txin.outpoint for txin in other.inputs}
        }

    def _with_descendants(self, txids: set[bytes]) -> set[bytes]:
        family = set(txids)
        for txid, other in self.mempool.items():  # parents stand before their children
            if family & {txin.outpoint.txid for txin in other.inputs}:
                family.add(txid)
        return family

    def _in_blocks(self) -> dict[bytes, Transaction]:
        return {transaction.txid: transaction for transaction in self.confirmed()}

    def _output(self, outpoint: Outpoint) -> TxOut | None:
        parent = self._known.get(outpoint.txid)
        return parent.outputs[outpoint.index] if parent else None
