"""One transaction whole, for every face: what became of it, whose its coins are, what was noted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from host.diagram import FlowCoin, TransactionFlow
from host.errors import BadInput
from host.payees.contacts import Contact, name_of
from host.session import wording
from host.session.endings import fee_rate, status_sentences
from host.spending import date_text
from host.values import HistoryEntry

_MOST_NAMED = 5  # of several that begin alike


@dataclass(frozen=True, slots=True)
class DetailLine:
    """A line of it. `name` is empty where the one above goes on."""

    name: str
    text: str
    aside: str = ""
    is_address: bool = False


@dataclass(frozen=True, slots=True)
class TransactionDetail:
    """One transaction, and what is written down about it.

    `replaces` are the txids of payments whose place it took. `labels` are those of transactions,
    addresses and coins by their names. `flow` is None where nobody asked for its coins.
    """

    entry: HistoryEntry
    replaces: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    flow: TransactionFlow | None = None

    @property
    def label(self) -> str:
        """What was written to it, or ""."""
        return self.labels.get(self.entry.row.txid, "")

    @property
    def sentences(self) -> tuple[str, ...]:
        """What became of it."""
        return status_sentences(self.entry)

    def label_of(self, coin: FlowCoin, index: int | None = None) -> str:
        """What was written to a coin or its address, or "". `index` is its place in the outputs."""
        outpoint = coin.outpoint if index is None else f"{self.entry.row.txid}:{index}"
        return self.labels.get(outpoint) or self.labels.get(coin.address, "")

    def contact(self, address: str) -> str:
        """The name of the contact who has this address, or ""."""
        return name_of(address, self.contacts)


def detail(
    entry: HistoryEntry,
    history: Sequence[HistoryEntry],
    labels: Mapping[str, str],
    contacts: tuple[Contact, ...] = (),
    flow: TransactionFlow | None = None,
) -> TransactionDetail:
    """What is known of the transaction `entry` of this history."""
    txid = entry.row.txid
    replaced = tuple(other.row.txid for other in history if other.replaced_by == txid)
    return TransactionDetail(entry, replaced, labels, contacts, flow)


def entry_of(text: str, history: Sequence[HistoryEntry]) -> HistoryEntry:
    """The transaction whose txid begins so. Raises BadInput: none does, or several do."""
    start = text.strip().lower()
    if not re.fullmatch("[0-9a-f]{1,64}", start):
        raise BadInput(
            f"{text[:70]!r} is no txid, nor the beginning of one: it has 64 letters, 0-9 and a-f."
        )
    entries = [entry for entry in history if entry.row.txid.startswith(start)]
    if not entries:
        raise BadInput(
            f"No transaction of this wallet begins with {start}. quietkey wallet history lists all."
        )
    if len(entries) > 1:
        names = ", ".join(entry.row.txid[: len(start) + 8] for entry in entries[:_MOST_NAMED])
        raise BadInput(
            f"{len(entries)} transactions begin with {start}: {names}. Type more of the txid."
        )
    return entries[0]


def facts(detail: TransactionDetail, btc: bool = False) -> tuple[DetailLine, ...]:
    """Who got how much, at what fee, and when. Several recipients have a fact each."""
    entry, record = detail.entry, detail.entry.record
    facts = [DetailLine("Txid", entry.row.txid)]
    facts += [DetailLine("Label", detail.label)] if detail.label else []
    if record is not None:
        facts += _recipients(detail, record.recipient.split())
        facts.append(DetailLine("Amount", wording.amount(record.sats, btc)))
    return (*facts, *_money(entry, btc), *_moments(entry), *_others(detail))


def _recipients(detail: TransactionDetail, addresses: Sequence[str]) -> list[DetailLine]:
    return [
        DetailLine("" if number else "To", address, detail.contact(address), is_address=True)
        for number, address in enumerate(addresses)
    ]


def _money(entry: HistoryEntry, btc: bool) -> list[DetailLine]:
    row, facts = entry.row, []
    if row.fee_sats is not None and entry.record is not None:
        rate = wording.rate(fee_rate(entry))
        facts.append(DetailLine("Fee", wording.amount(row.fee_sats, btc), rate))
    if row.net_sats:
        sign = "+" if row.net_sats > 0 else "-"
        facts.append(DetailLine("Balance", f"{sign} {wording.amount(abs(row.net_sats), btc)}"))
    return facts


def _moments(entry: HistoryEntry) -> list[DetailLine]:
    row, facts = entry.row, []
    if entry.record is not None:
        facts.append(DetailLine("Signed", date_text(entry.record.created), _proof(entry)))
    if row.time is not None and row.confirmations:
        facts.append(DetailLine("Block", date_text(row.time)))
    return facts


def _proof(entry: HistoryEntry) -> str:
    """How it was seen to spread, where its status does not say so."""
    record = entry.record
    if record is None or not record.peers or entry.status in {"waiting", "forgotten"}:
        return ""
    return f"seen by {record.seen_by} of {record.peers} peers when sent"


def _others(detail: TransactionDetail) -> list[DetailLine]:
    replaced_by = detail.entry.replaced_by
    facts = [DetailLine("Replaces", txid) for txid in detail.replaces]
    return [*facts, *([DetailLine("New txid", replaced_by)] if replaced_by else [])]
