"""What happened in this wallet: what the chain says, beside what we remember of it."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice

from host.transactions import Transaction
from host.values import HistoryEntry, HistoryRow, PaymentRecord
from host.wallet import Wallet
from host.wallet.ended import Coin, coins_of


async def history(wallet: Wallet) -> tuple[HistoryEntry, ...]:
    """Newest first."""
    return await asyncio.to_thread(entries, wallet)


def entries(wallet: Wallet) -> tuple[HistoryEntry, ...]:
    """Newest first. It reads the disk: call it in a thread of its own."""
    payments = wallet.store.payments()
    rows = {row.txid: row for row in wallet.history()}
    ours = _of_payments(payments, rows, wallet.conflict_depths())
    others = [HistoryEntry(row) for txid, row in rows.items() if txid not in ours]
    return tuple(sorted([*ours.values(), *others], key=_newest_first))


def _of_payments(
    payments: Sequence[PaymentRecord], rows: Mapping[str, HistoryRow], depths: Mapping[str, int]
) -> dict[str, HistoryEntry]:
    coins = [coins_of(record.payment.raw_tx) for record in payments]
    on_their_way = [
        (record.payment.txid, spent)
        for record, spent in zip(payments, coins, strict=True)
        if record.status in {"signed", "sent"} and _waits(rows.get(record.payment.txid))
    ]
    found = {}
    for index, record in enumerate(payments):
        later = zip(islice(coins, index + 1, None), islice(payments, index + 1, None), strict=True)
        rivals = (each.payment.txid for spent, each in later if spent & coins[index])
        txid = record.payment.txid
        transaction = Transaction.parse(record.payment.raw_tx)
        found[txid] = HistoryEntry(
            rows.get(txid) or _row(record),
            record,
            is_possible=txid in rows,
            conflict_depth=depths.get(txid, 0),
            replaced_by=next(rivals, "") if record.status == "replaced" else "",
            vbytes=transaction.vsize,
            spent_by=_spender(transaction.txid, on_their_way),
        )
    return found


def _spender(txid: bytes, payments: Sequence[tuple[str, frozenset[Coin]]]) -> str:
    """The first of the payments that spends an output of this transaction, or ""."""
    return next((name for name, coins in payments if txid in {spent for spent, _ in coins}), "")


def _waits(row: HistoryRow | None) -> bool:
    return row is not None and row.height is None


def _row(record: PaymentRecord) -> HistoryRow:
    """A payment that no block will take: it moved nothing."""
    return HistoryRow(record.payment.txid, 0, record.payment.fee_sats, None, 0, record.created)


def _newest_first(entry: HistoryEntry) -> tuple[bool, int, bool, int, str]:
    """What waits for its first block is before all others; what has ended is not.

    Of one second, what spent a coin is before the block that brought it.
    """
    row = entry.row
    waits = row.height is None and entry.is_possible
    is_mined = row.height is not None
    return not waits, -(row.time or 0), is_mined, -(row.height or 0), row.txid
