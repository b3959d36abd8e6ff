"""`quietkey wallet import` and `export`: what a wallet is and did, for other programs."""

import argparse
import asyncio
import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime

from host import files, labels
from host.app.history import history
from host.app.watch import description, unreadable, watch_text
from host.cli.options import remember
from host.errors import WalletError
from host.labels import Label
from host.store import Search
from host.values import HistoryEntry
from host.wallet import NO_WALLET, Wallet, descriptors, exports
from host.wallet.folder_lock import FolderLock

STDIN = "-"
COLUMNS = ("time", "txid", "status", "height", "net_sats", "fee_sats", "balance_sats", "recipient",
           "label")  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def export(args: argparse.Namespace) -> None:
    """Print it. Raises WalletError."""
    with closing(await asyncio.to_thread(Wallet.open, args.folder)) as wallet:
        if args.what == "history":
            sys.stdout.write(history_page(await history(wallet), await transaction_labels(wallet)))
            return
        if args.what == "labels":
            sys.stdout.write(labels.write(await asyncio.to_thread(wallet.store.labels)))
            return
        if args.what in exports.FORMS:
            form = exports.FORMS[args.what]
            name = args.wallet or wallet.fingerprint
            sys.stdout.write(form(wallet.description, name, wallet.address_at(0).address))
            return
        text = descriptors.write(wallet.pairing)
    data = {"descriptor": text, "network": wallet.network}
    sys.stdout.write(f"{json.dumps(data) if args.json else text}\n")


async def import_wallet(args: argparse.Namespace) -> None:
    """Make the wallet that a descriptor stands for. Raises WalletError."""
    text = description(args.descriptor, getattr(sys.stdin, "buffer", None))
    search = Search(args.gap, args.birthday)
    read, first = await watch_text(args.folder, text, args.network, search, args.script)
    args.script, args.account = read.pairing.script, read.pairing.account
    remember(args)
    for note in read.notes:
        sys.stderr.write(f"{note}\n")
    sentence = f"The wallet {args.wallet} is kept. Its first address is {first}."
    data = {**asdict(read.pairing), "first_address": first}
    sys.stdout.write(f"{json.dumps(data) if args.json else sentence}\n")


async def label(args: argparse.Namespace) -> None:
    """Write a label to a thing, or forget it. Raises WalletError."""
    kind, ref = labels.thing(args.ref, args.network)
    await _keep(args, [Label(kind, ref, labels.plain(args.text))])
    sys.stderr.write("The label is kept.\n" if args.text.strip() else "The label is forgotten.\n")


async def import_labels(args: argparse.Namespace) -> None:
    """Take in a file of labels. Raises WalletError."""
    found = labels.read(_bytes(args.file))
    await _keep(args, found)
    data, sentence = {"labels": len(found)}, f"{len(found)} labels are kept."
    sys.stdout.write(f"{json.dumps(data) if args.json else sentence}\n")


async def transaction_labels(wallet: Wallet) -> dict[str, str]:
    """What was written to each transaction, by txid."""
    kept = await asyncio.to_thread(wallet.store.labels)
    return {label.ref: label.text for label in kept if label.kind == "tx"}


async def _keep(args: argparse.Namespace, found: Iterable[Label]) -> None:
    if not await asyncio.to_thread(Wallet.exists, args.folder):
        raise WalletError(NO_WALLET)
    with (
        closing(await asyncio.to_thread(FolderLock.acquire, args.folder)),
        closing(await asyncio.to_thread(Wallet.open, args.folder)) as wallet,
    ):
        await asyncio.to_thread(wallet.store.keep_labels, found)


def _bytes(source: str) -> bytes:
    try:
        if source == STDIN:
            return sys.stdin.buffer.read(labels.MAX_BYTES + 1)
        with files.open_file(source) as file:
            return file.read(labels.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise unreadable(source, error) from error


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
