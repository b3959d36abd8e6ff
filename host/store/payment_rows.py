"""Payments as rows of the wallet's file, and what was asked for as text in them."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, astuple

from host.payees.names import NameProof
from host.values import Draft, PaymentRequest, Recipient, SignedPayment


def record(
    db: sqlite3.Connection, draft: Draft, payment: SignedPayment, timestamp: int, status: str
) -> None:
    """In the place of its draft."""
    db.execute("DELETE FROM draft WHERE psbt = ?", (draft.psbt,))
    row = (
        payment.txid,
        payment.raw_tx,
        draft.recipient,
        draft.sats,
        payment.fee_sats,
        timestamp,
        status,
    )
    db.execute(
        "INSERT OR IGNORE INTO payments (txid, raw_tx, recipient, sats, fee_sats, made, status)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        row,
    )


def record_names(db: sqlite3.Connection, txid: str, names: Iterable[NameProof]) -> None:
    """What a payment keeps of the names that it pays."""
    rows = ((txid, *astuple(name)) for name in names)
    db.executemany("INSERT OR IGNORE INTO name_proofs VALUES (?, ?, ?, ?, ?)", rows)


def request_text(request: PaymentRequest | None) -> str:
    """As a draft keeps it; "" for none."""
    if request is None:
        return ""
    return json.dumps(asdict(request) | {"data": request.data.hex()})


def request_of(text: str) -> PaymentRequest | None:
    """What `request_text` wrote."""
    if not text:
        return None
    fields = json.loads(text)
    fields["recipients"] = tuple(Recipient(**recipient) for recipient in fields["recipients"])
    fields["coins"] = tuple(fields["coins"])
    fields["data"] = bytes.fromhex(fields["data"])
    return PaymentRequest(**fields)
