"""The history as a table that spreadsheets read (RFC 4180)."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from host.values import HistoryEntry

COLUMNS = ("time", "txid", "status", "height", "net_sats", "fee_sats", "balance_sats", "recipient",
           "label")  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def history_page(entries: Iterable[HistoryEntry], labels: Mapping[str, str]) -> str:
    """Oldest first, with the balance behind each; `entries` are newest first, `labels` by txid.

    Times are UTC, amounts whole sats. What can no longer be confirmed changes no balance.
    """
    page = io.StringIO()
    writer = csv.writer(page)
    writer.writerow(COLUMNS)
    balance = 0
    for entry in reversed(tuple(entries)):
        balance += entry.row.net_sats if entry.is_possible else 0
        label = labels.get(entry.row.txid, "")
        writer.writerow((*_cells(entry, balance), _no_formula(label)))
    return page.getvalue()


def _cells(entry: HistoryEntry, balance: int) -> tuple[object, ...]:
    row, record = entry.row, entry.record
    moment = row.time if row.time is not None else record.created if record else None
    time = "" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"
    recipient = record.recipient if record else ""
    fee_sats = row.fee_sats if row.net_sats < 0 else None  # of others' payments, it is theirs
    return (
        time, row.txid, entry.status, row.height, row.net_sats, fee_sats, balance,
        _no_formula(recipient),
    )  # fmt: skip


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
