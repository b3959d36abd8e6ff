"""Payments that a person ended, and that a block can take all the same: nobody is paid twice."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from host.config import grouped
from host.errors import WalletError
from host.transactions import Transaction
from host.values import PaymentRecord

ENDED = ("given up", "replaced")
Coin = tuple[bytes, int]  # the txid in the order of the wire, and the index


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


def still_possible(records: Iterable[PaymentRecord], spent: Iterable[Coin]) -> list[Ended]:
    """Those that a block can take: `spent` are the coins that blocks have spent. Oldest first."""
    gone, possible = set(spent), []
    for record in records:
        ended = Ended(record, coins_of(record.payment.raw_tx))
        if ended.coins & gone:
            gone |= ended.outputs if record.status in ENDED else set()
        elif record.status in ENDED:
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
        elif ended.record.recipient == address:
            raise WalletError(
                f"A payment of {grouped(ended.record.sats)} sats to this address has ended, and a"
                f" block can still take it ({ended.record.payment.txid}). Nothing was made, so that"
                " nobody is paid twice. Try again after the next block. If its coins were taken"
                " back by who sent them, ask for another address."
            )
