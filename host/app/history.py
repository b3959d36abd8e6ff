"""What happened in this wallet: what the chain says, beside what we remember of it."""

import asyncio
from dataclasses import dataclass

from host.values import HistoryRow, PaymentRecord
from host.wallet import WAITING, Wallet


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One transaction. `record` is what we know of it when it is a payment of ours.

    `is_possible` says that a block has it or could still take it.
    """

    row: HistoryRow
    record: PaymentRecord | None
    is_possible: bool = True

    @property
    def status(self) -> str:
        """What became of it.

        confirmed, waiting (for its first block), not sent (no peer has shown it), given up,
        replaced (by a payment of ours), or impossible (its coins went another way).
        """
        if self.row.confirmations:
            return "confirmed"
        if self.record is None:
            return "waiting"
        if self.record.status in {"given up", "replaced"}:
            return self.record.status
        if not self.is_possible:
            return "impossible"
        return "not sent" if self.record.status == "signed" else "waiting"


async def history(wallet: Wallet) -> tuple[HistoryEntry, ...]:
    """Newest first."""
    return await asyncio.to_thread(_entries, wallet)


def _entries(wallet: Wallet) -> tuple[HistoryEntry, ...]:
    records = {record.payment.txid: record for record in wallet.store.payments()}
    rows = wallet.history()
    entries = [HistoryEntry(row, records.get(row.txid)) for row in rows]
    ended = records.keys() - {row.txid for row in rows}
    entries += [HistoryEntry(_row(records[txid]), records[txid], False) for txid in ended]
    return tuple(sorted(entries, key=lambda entry: _newest_first(entry.row)))


def _row(record: PaymentRecord) -> HistoryRow:
    """A payment that no block will take: it moved nothing."""
    return HistoryRow(record.payment.txid, 0, record.payment.fee_sats, None, 0, record.created)


def _newest_first(row: HistoryRow) -> tuple[int, int, str]:
    return -(row.height or WAITING), -(row.time or 0), row.txid
