"""What happened in this wallet: what the chain says, beside what we remember of it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from host.transactions import Transaction
from host.values import HistoryEntry, HistoryRow, PaymentRecord
from host.wallet import Wallet
from host.wallet.ended import coins_of


async def history(wallet: Wallet) -> tuple[HistoryEntry, ...]:
    """Newest first."""
    return await asyncio.to_thread(entries, wallet)


def entries(wallet: Wallet) -> tuple[HistoryEntry, ...]:
    """Newest first. It reads the disk: call it in a thread of its own."""
    rows = {row.txid: row for row in wallet.history()}
    ours = _of_payments(wallet.store.payments(), rows, wallet.conflict_depths())
    return _with_others(ours, rows)


def latest(wallet: Wallet, count: int) -> tuple[HistoryEntry, ...]:
    """The newest of those that count, which are found much sooner than all. As `entries`."""
    rows = {row.txid: row for row in wallet.history(count)}
    payments = [record for record in wallet.store.payments() if record.payment.txid in rows]
    return _with_others(_of_payments(payments, rows, {}), rows)


def _with_others(
    ours: Mapping[str, HistoryEntry], rows: Mapping[str, HistoryRow]
) -> tuple[HistoryEntry, ...]:
    others = [HistoryEntry(row) for txid, row in rows.items() if txid not in ours]
    return tuple(sorted([*ours.values(), *others], key=_newest_first))


def _of_payments(
    payments: Sequence[PaymentRecord], rows: Mapping[str, HistoryRow], depths: Mapping[str, int]
) -> dict[str, HistoryEntry]:
    spenders = _spenders(payments, rows)
    entries = {}
    for index, record in enumerate(payments):
        txid = record.payment.txid
        entries[txid] = HistoryEntry(
            rows.get(txid) or _row(record),
            record,
            is_possible=txid in rows,
            conflict_depth=depths.get(txid, 0),
            replaced_by=_rival(payments, index) if record.status == "replaced" else "",
            vbytes=_vbytes(record.payment.raw_tx),
            spent_by=spenders.get(txid, ""),
        )
    return entries


def _rival(payments: Sequence[PaymentRecord], index: int) -> str:
    """The first later payment that spends a coin of the one at `index`, or ""."""
    spent = coins_of(payments[index].payment.raw_tx)
    later = (record.payment for record in islice(payments, index + 1, None))
    rivals = (payment for payment in later if spent & coins_of(payment.raw_tx))
    return next((payment.txid for payment in rivals), "")


def _spenders(payments: Iterable[PaymentRecord], rows: Mapping[str, HistoryRow]) -> dict[str, str]:
    """The first payment on its way that spends a coin of a transaction, by the txids of both."""
    spenders: dict[str, str] = {}
    for record in payments:
        if record.status in {"signed", "sent"} and _waits(rows.get(record.payment.txid)):
            for txid, _ in coins_of(record.payment.raw_tx):
                spenders.setdefault(txid[::-1].hex(), record.payment.txid)
    return spenders


@lru_cache(maxsize=1 << 15)
def _vbytes(raw_tx: bytes) -> int:
    return Transaction.parse(raw_tx).vsize


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
