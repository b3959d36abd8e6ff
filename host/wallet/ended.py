"""Payments that a person ended, and that a block can take all the same: nobody is paid twice."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from host.config import FINAL_DEPTH, grouped
from host.errors import WalletError
from host.transactions import Transaction
from host.values import PaymentRecord

ENDED = ("given up", "replaced")
Coin = tuple[bytes, int]  # the txid in the order of the wire, and the index


@dataclass(frozen=True, slots=True)
class Spender:
    """A transaction in a block: its txid in the order of the wire, its outputs, how deep it is."""

    txid: bytes
    outputs: int
    depth: int

    @property
    def coins(self) -> frozenset[Coin]:
        return frozenset((self.txid, index) for index in range(self.outputs))


@dataclass(frozen=True, slots=True)
class Ended:
    """A payment that was given up or replaced, and what it spends."""

    record: PaymentRecord
    coins: frozenset[Coin]

    @property
    def outputs(self) -> frozenset[Coin]:
        transaction = Transaction.parse(self.record.payment.raw_tx)
        return frozenset((transaction.txid, index) for index in range(len(transaction.outputs)))


def coins_of(raw_tx: bytes) -> frozenset[Coin]:
    """Which coins a transaction spends."""
    inputs = Transaction.parse(raw_tx).inputs
    return frozenset((txin.outpoint.txid, txin.outpoint.index) for txin in inputs)


def conflict_depths(
    records: Iterable[PaymentRecord], spenders: Mapping[Coin, Spender]
) -> dict[str, int]:
    """How deep what rules a payment out is, by its txid; a reorg that deep would revive it.

    `spenders` has the coins that blocks have spent. `records` are
    payments in no block, oldest first: what spends the change of an impossible one is it, too.
    """
    depths, ruled_out = {}, {coin: spender.depth for coin, spender in spenders.items()}
    for record in records:
        ended = Ended(record, coins_of(record.payment.raw_tx))
        if depth := max((ruled_out.get(coin, 0) for coin in ended.coins), default=0):
            depths[record.payment.txid] = depth
            ruled_out |= dict.fromkeys(ended.outputs, depth)
    return depths


def check_revivable(
    address: str, records: Iterable[PaymentRecord], depths: Mapping[str, int]
) -> None:
    """Nobody is paid again while a reorg could revive an impossible payment to the same address.

    `depths` are those of `conflict_depths`. Raises WalletError.
    """
    for record in records:
        depth = depths.get(record.payment.txid, FINAL_DEPTH)
        paid = address in record.recipient.split()
        if paid and record.status not in ENDED and depth < FINAL_DEPTH:
            raise WalletError(
                f"A payment of {grouped(record.sats)} sats to this address became impossible"
                f" ({record.payment.txid}), and a reorg of the chain could still revive it."
                " Nothing was made, so that nobody is paid twice. Try again when what rules it out"
                f" has {FINAL_DEPTH} confirmations (now {depth}), or ask for another address."
            )


def still_possible(records: Iterable[PaymentRecord], spent: Iterable[Coin]) -> list[Ended]:
    """Those that a block can take: `spent` are the coins that blocks have spent. Oldest first."""
    gone, possible = set(spent), []
    for record in records:
        if record.status not in ENDED:
            continue
        ended = Ended(record, coins_of(record.payment.raw_tx))
        if ended.coins & gone:
            gone |= ended.outputs
        else:
            possible.append(ended)
    return possible


def ruling_out(possible: Iterable[Ended], safe: Collection[Coin]) -> set[Coin]:
    """Coins for the next payment to spend, so that a block takes only it or these."""
    chosen: set[Coin] = set()
    for ended in possible:
        usable = ended.coins & set(safe)
        if usable and not ended.coins & chosen:
            chosen.add(min(usable))
    return chosen


def check_payee(address: str, possible: Iterable[Ended], spent: Iterable[Coin]) -> None:
    """Nobody is paid again beside an ended payment to the same address that a block can take.

    `spent` are the coins of the new payment, and of those on their way to that address. Raises
    WalletError.
    """
    gone = set(spent)
    for ended in possible:
        if ended.coins & gone:
            gone |= ended.outputs
        elif address in ended.record.recipient.split():
            raise WalletError(
                f"A payment of {grouped(ended.record.sats)} sats to this address has ended, and a"
                f" block can still take it ({ended.record.payment.txid}). Nothing was made, so that"
                " nobody is paid twice. Try again after the next block. If its coins were taken"
                " back by who sent them, ask for another address."
            )


def revivable(
    address: str,
    records: Iterable[PaymentRecord],
    depths: Mapping[str, int],
    spenders: Mapping[Coin, Spender],
) -> list[Ended]:
    """Ended payments to it that a reorg could revive, with the coins that such a reorg takes away.

    `depths` are those of `conflict_depths`. Not those whose place a payment to it has taken.
    """
    paying = {
        Transaction.parse(record.payment.raw_tx).txid
        for record in records
        if address in record.recipient.split()
    }
    could = []
    for record in records:
        if record.status not in ENDED or address not in record.recipient.split():
            continue
        if depths.get(record.payment.txid, FINAL_DEPTH) >= FINAL_DEPTH:
            continue
        rivals = [spenders[coin] for coin in coins_of(record.payment.raw_tx) if coin in spenders]
        if not any(rival.txid in paying for rival in rivals):
            coins = frozenset(coin for rival in rivals for coin in rival.coins)
            could.append(Ended(record, coins))
    return could


def check_ended_payee(
    could: Iterable[Ended], spent: Collection[Coin], depths: Mapping[str, int]
) -> None:
    """A payment beside those of `revivable` falls with what rules them out. Raises WalletError."""
    for ended in could:
        if not ended.coins & set(spent):
            txid = ended.record.payment.txid
            raise WalletError(
                f"A payment of {grouped(ended.record.sats)} sats to this address ended ({txid}),"
                " and a reorg of the chain could still revive it. Nothing was made, so that nobody"
                f" is paid twice. Try again when what rules it out has {FINAL_DEPTH} confirmations"
                f" (now {depths[txid]}), or ask for another address."
            )
