"""What happened in this wallet: what the chain says, beside what we remember of it."""

import asyncio
from dataclasses import dataclass

from host.store import PaymentRecord
from host.wallet import HistoryRow, Wallet


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction. `made` is what we know of it when it is a payment of ours."""

    row: HistoryRow
    made: PaymentRecord | None

    @property
    def status(self) -> str:
        """confirmed, waiting (for its first block), or not sent (the network never took it)."""
        if self.row.confirmations:
            return "confirmed"
        return "not sent" if self.made and self.made.status == "signed" else "waiting"


async def history(wallet: Wallet) -> tuple[Entry, ...]:
    """Newest first."""
    return await asyncio.to_thread(_entries, wallet)


def _entries(wallet: Wallet) -> tuple[Entry, ...]:
    made = {record.payment.txid: record for record in wallet.store.payments()}
    return tuple(Entry(row, made.get(row.txid)) for row in wallet.history())
