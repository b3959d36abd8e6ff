"""What happened in this wallet: what the chain says, beside what we remember of it."""

import asyncio
from dataclasses import dataclass

from host.values import HistoryRow, PaymentRecord
from host.wallet import Wallet


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One transaction. `record` is what we know of it when it is a payment of ours."""

    row: HistoryRow
    record: PaymentRecord | None

    @property
    def status(self) -> str:
        """confirmed, waiting (for its first block), or not sent (the network never took it)."""
        if self.row.confirmations:
            return "confirmed"
        return "not sent" if self.record and self.record.status == "signed" else "waiting"


async def history(wallet: Wallet) -> tuple[HistoryEntry, ...]:
    """Newest first."""
    return await asyncio.to_thread(_entries, wallet)


def _entries(wallet: Wallet) -> tuple[HistoryEntry, ...]:
    records = {record.payment.txid: record for record in wallet.store.payments()}
    return tuple(HistoryEntry(row, records.get(row.txid)) for row in wallet.history())
