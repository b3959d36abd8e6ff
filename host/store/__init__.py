"""What the wallet must not forget and the chain cannot tell it: one SQLite file beside BDK's.

Every change is one transaction, on disk before the call returns. BDK is not known here.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from host.config import GAP, account_path
from host.errors import WalletError
from host.labels import Label, plain
from host.payees.contacts import Contact, of_name
from host.payees.names import NameProof
from host.storage_errors import named_reason
from host.store import payment_rows, schema
from host.values import Draft, PaymentRecord, SignedPayment

DAMAGED = (
    "The file {path} is damaged. No coins are lost: the chain has them. Put a copy of it back, or"
    " move it away and pair the device again; which addresses were given to whom is then forgotten."
)


@dataclass(frozen=True, slots=True)
class Search:
    """How far the coins of a seed are looked for, and whether all were found.

    `gap` is the number of unused addresses in a row that ends the search on each branch;
    `birthday` the day before which the seed received nothing, or None.
    """

    gap: int = GAP
    birthday: date | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Pairing:
    """The device a wallet belongs to. `fingerprint` is 8 hex digits.

    A wallet that was imported has the script "policy" and a `descriptor` (BIP380, BIP389), and
    neither account nor key; its fingerprint stands for the descriptor.
    """

    network: str
    script: str
    fingerprint: str
    account_xpub: str
    account: int = 0
    descriptor: str = ""

    @property
    def path(self) -> tuple[int, ...]:
        """Of the account on its device; () for a descriptor, whose keys have their own."""
        if self.descriptor:
            return ()
        return account_path(self.network, self.script, self.account)


class Store:
    """The file. Any thread may call."""

    def __init__(self, path: Path) -> None:
        """Open the file, make or migrate it. Raises WalletError: damaged, in use, too new."""
        self._path = path
        self._lock = threading.RLock()
        self._payments: tuple[tuple[int, int], tuple[PaymentRecord, ...]] = ((-1, -1), ())
        with named_reason(path, DAMAGED):
            # Transactions are begun by hand below: the module's own begin only some of them.
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._check()
            self._migrate()
        except WalletError:
            self._db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def pair(self, pairing: Pairing) -> None:
        """Remember the device. Raises WalletError when there is one already."""
        with self._change() as db:
            if db.execute("SELECT 1 FROM pairing").fetchone():
                raise WalletError("There is a wallet in this folder already. Nothing was changed.")
            db.execute(
                "INSERT INTO pairing VALUES (1, ?, ?, ?, ?, ?, ?)",
                astuple(pairing),
            )

    def pairing(self) -> Pairing | None:
        row = self._row(
            "SELECT network, script, fingerprint, account_xpub, account, descriptor FROM pairing"
        )
        return Pairing(*row) if row else None

    def search(self) -> Search:
        row = self._row("SELECT gap, birthday, complete FROM search")
        if row is None:
            raise WalletError(DAMAGED.format(path=self._path))
        gap, birthday, complete = row
        return Search(gap, date.fromisoformat(birthday) if birthday else None, bool(complete))

    def set_search(self, search: Search) -> None:
        birthday = search.birthday.isoformat() if search.birthday else None
        with self._change() as db:
            db.execute(
                "UPDATE search SET gap = ?, birthday = ?, complete = ?",
                (search.gap, birthday, search.complete),
            )

    def hand_out(self, index: int, address: str, timestamp: int) -> bool:
        """Whether the address was free to be handed out; now it is not."""
        insert = "INSERT OR IGNORE INTO addresses (position, address, handed_out) VALUES (?, ?, ?)"
        with self._change() as db:
            return db.execute(insert, (index, address, timestamp)).rowcount == 1

    def mark_verified(self, index: int, timestamp: int) -> None:
        with self._change() as db:
            db.execute("UPDATE addresses SET verified = ? WHERE position = ?", (timestamp, index))

    def mark_address_refused(self, index: int, timestamp: int) -> None:
        """The device, or its person, did not agree to it."""
        with self._change() as db:
            db.execute("UPDATE addresses SET refused = ? WHERE position = ?", (timestamp, index))

    def outermost_addresses(self) -> dict[int, str]:
        """By its number, the first address that somebody was given, and the last."""
        ends = "SELECT min(position) FROM addresses UNION SELECT max(position) FROM addresses"
        rows = f"SELECT position, address FROM addresses WHERE position IN ({ends})"  # noqa: S608
        return dict(self._rows(rows))

    def given_addresses(self) -> dict[int, tuple[int, bool]]:
        """When each address was given, by its number, and whether the device agreed to it."""
        rows = self._rows("SELECT position, handed_out, verified IS NOT NULL FROM addresses")
        return {position: (moment, bool(verified)) for position, moment, verified in rows}

    def last_address(self) -> int | None:
        """The number of the address handed out last, if the device was not asked about it."""
        row = self._row(
            "SELECT position, verified IS NULL AND refused IS NULL"
            " FROM addresses ORDER BY position DESC LIMIT 1"
        )
        return row[0] if row and row[1] else None

    def keep_draft(self, draft: Draft) -> None:
        """Remember the one unfinished payment, in the place of any other."""
        with self._change() as db:
            db.execute(
                "INSERT OR REPLACE INTO draft VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    draft.psbt,
                    draft.recipient,
                    draft.sats,
                    draft.fee_sats,
                    draft.sats_per_vbyte,
                    draft.change_sats,
                    json.dumps(draft.words),
                    draft.replaces,
                    payment_rows.request_text(draft.request),
                    draft.collected,
                ),
            )

    def draft(self) -> Draft | None:
        row = self._row(
            "SELECT psbt, recipient, sats, fee_sats, sats_per_vbyte, change_sats, words, replaces,"
            " request, collected FROM draft"
        )
        if row is None:
            return None
        psbt, recipient, sats, fee_sats, rate, change_sats, words, replaces, text, collected = row
        words, request = tuple(json.loads(words)), payment_rows.request_of(text)
        return Draft(
            psbt, recipient, sats, fee_sats, rate, change_sats, words, replaces, request, collected
        )

    def keep_collected(self, draft: Draft, collected: bytes) -> None:
        """The draft with the signatures that are there: somebody else may have it from now on."""
        with self._change() as db:
            db.execute("UPDATE draft SET collected = ? WHERE psbt = ?", (collected, draft.psbt))

    def drop_draft(self, draft: Draft) -> None:
        with self._change() as db:
            db.execute("DELETE FROM draft WHERE psbt = ?", (draft.psbt,))

    def keep_payment(
        self,
        draft: Draft,
        payment: SignedPayment,
        timestamp: int,
        names: Iterable[NameProof] = (),
    ) -> None:
        """Turn the draft into a signed payment: a crash leaves one or the other, never both."""
        with self._change() as db:
            db.execute("UPDATE payments SET status = 'replaced' WHERE txid = ?", (draft.replaces,))
            payment_rows.record(db, draft, payment, timestamp, "signed")
            payment_rows.record_names(db, payment.txid, names)

    def name_proofs(self, txid: str) -> tuple[NameProof, ...]:
        """The names that a signed payment pays, each with what proves it."""
        query = "SELECT position, name, proof, expires FROM name_proofs WHERE txid = ?"
        rows = sorted(self._rows(query, txid))
        return tuple(NameProof(*row) for row in rows)

    def end_draft(self, draft: Draft, payment: SignedPayment, timestamp: int) -> None:
        """Turn a draft that others may have into a payment that was given up."""
        with self._change() as db:
            payment_rows.record(db, draft, payment, timestamp, "given up")

    def complete(self, txid: str, raw_tx: bytes) -> None:
        """The payment as the chain has it: of one given up, the signatures were not all here."""
        with self._change() as db:
            db.execute("UPDATE payments SET raw_tx = ? WHERE txid = ?", (raw_tx, txid))

    def mark_sent(self, txid: str, seen_by: int = 0, peers: int = 0) -> None:
        """The network has shown it: so many peers of those that answered, or a block did."""
        with self._change() as db:
            db.execute("UPDATE payments SET status = 'sent', refusal = '' WHERE txid = ?", (txid,))
            if peers:
                db.execute(
                    "UPDATE payments SET seen_by = ?, peers = ? WHERE txid = ?",
                    (seen_by, peers, txid),
                )

    def mark_refused(self, txid: str, reason: str) -> None:
        """The network did not take it this time. What it had shown before, it may still have."""
        with self._change() as db:
            db.execute("UPDATE payments SET refusal = ? WHERE txid = ?", (reason, txid))

    def give_up(self, txid: str) -> None:
        """It is not sent any more. It stays on record: somebody may have it."""
        with self._change() as db:
            db.execute("UPDATE payments SET status = 'given up' WHERE txid = ?", (txid,))

    def payments(self) -> tuple[PaymentRecord, ...]:
        """Oldest first."""
        with self._lock:
            # The first changes when another connection wrote to the file, the second when ours did.
            version = (self._rows("PRAGMA data_version")[0][0], self._db.total_changes)
            if version != self._payments[0]:
                rows = self._rows(
                    "SELECT raw_tx, txid, fee_sats, recipient, sats, made, status, refusal,"
                    " seen_by, peers FROM payments ORDER BY made, rowid"
                )
                payments = (PaymentRecord(SignedPayment(*row[:3]), *row[3:]) for row in rows)
                self._payments = version, tuple(payments)
            return self._payments[1]

    def register(self, fingerprint: str, name: str) -> None:
        """The device of that fingerprint knows the wallet by that name from now on."""
        with self._change() as db:
            db.execute("INSERT OR REPLACE INTO registrations VALUES (?, ?)", (fingerprint, name))

    def registrations(self) -> dict[str, str]:
        """By which name each device knows the wallet, by its fingerprint."""
        return dict(self._rows("SELECT fingerprint, name FROM registrations"))

    def freeze(self, outpoint: str) -> None:
        """No payment takes this coin from now on, "txid:vout"."""
        with self._change() as db:
            db.execute("INSERT OR IGNORE INTO frozen_coins VALUES (?)", (outpoint,))

    def unfreeze(self, outpoint: str) -> None:
        with self._change() as db:
            db.execute("DELETE FROM frozen_coins WHERE outpoint = ?", (outpoint,))

    def frozen(self) -> frozenset[str]:
        """The coins that no payment takes, "txid:vout"."""
        return frozenset(
            outpoint for (outpoint,) in self._rows("SELECT outpoint FROM frozen_coins")
        )

    def keep_labels(self, labels: Iterable[Label]) -> None:
        """Keep them all or none; one without text is forgotten. Coins are frozen as they say."""
        with self._change() as db:
            for label in labels:
                db.execute("DELETE FROM labels WHERE kind = ? AND ref = ?", (label.kind, label.ref))
                if label.text:
                    db.execute(
                        "INSERT INTO labels VALUES (?, ?, ?)", (label.kind, label.ref, label.text)
                    )
                if label.spendable is False:
                    db.execute("INSERT OR IGNORE INTO frozen_coins VALUES (?)", (label.ref,))
                if label.spendable is True:
                    db.execute("DELETE FROM frozen_coins WHERE outpoint = ?", (label.ref,))

    def labels(self) -> tuple[Label, ...]:
        """All of them, and every frozen coin. None moves the cursor of a terminal (T145)."""
        frozen = self.frozen()
        rows = self._rows("SELECT kind, ref, label FROM labels ORDER BY kind, ref")
        labels = [
            Label(kind, ref, plain(text), False if kind == "output" and ref in frozen else None)
            for kind, ref, text in rows
        ]
        named = {label.ref for label in labels if label.kind == "output"}
        return (*labels, *(Label("output", coin, "", False) for coin in sorted(frozen - named)))

    def keep_contact(self, contact: Contact) -> None:
        """In the place of one of the same name."""
        with self._change() as db:
            self._drop_contact(db, contact.name)
            db.execute("INSERT INTO contacts VALUES (?, ?)", (contact.name, contact.payee))

    def forget_contact(self, name: str) -> bool:
        """Whether there was one of that name."""
        with self._change() as db:
            return self._drop_contact(db, name)

    def _drop_contact(self, db: sqlite3.Connection, name: str) -> bool:
        contact = of_name(name, self.contacts())  # SQLite folds the case of ASCII alone
        row = (contact.name if contact else name,)
        return db.execute("DELETE FROM contacts WHERE name = ?", row).rowcount == 1

    def contacts(self) -> tuple[Contact, ...]:
        """By name."""
        rows = self._rows("SELECT name, payee FROM contacts ORDER BY name")
        return tuple(Contact(*map(plain, row)) for row in rows)

    def _check(self) -> None:
        """Raises WalletError when SQLite or we cannot make sense of what is there."""
        result = self._rows("PRAGMA quick_check(1)")
        is_empty = not self._rows("SELECT 1 FROM sqlite_master")
        if result != [("ok",)] or (self._version() == 0 and not is_empty):
            raise WalletError(DAMAGED.format(path=self._path))

    def _version(self) -> int:
        return int(self._rows("PRAGMA user_version")[0][0])

    def _migrate(self) -> None:
        if self._version() == schema.VERSION:
            return  # who only reads needs no room on the disk, and no right to write
        with self._change() as db:
            have = db.execute("PRAGMA user_version").fetchone()[0]
            if have > schema.VERSION:
                raise WalletError(
                    "This wallet was last used by a newer Quietkey. Nothing was changed."
                    " Update Quietkey and try again."
                )
            for step in schema.MIGRATIONS[have:]:
                for statement in filter(str.strip, step.split(";")):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {schema.VERSION}")

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        # IMMEDIATE: a second program waits here, and not half-way through.
        with self._lock, named_reason(self._path, DAMAGED):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite may have rolled back itself: a full disk
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with (
            self._lock,
            named_reason(self._path, DAMAGED),
            closing(self._db.execute(query, values)) as cursor,
        ):
            return cursor.fetchall()

    def _row(self, query: str) -> tuple[Any, ...] | None:
        rows = self._rows(query)
        return rows[0] if rows else None
