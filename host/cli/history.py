"""`quietkey wallet history`: all payments, or one of them whole."""

import argparse
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from host.app.history import history
from host.cli import facts
from host.config import grouped
from host.diagram import FlowCoin
from host.session import details
from host.session.details import TransactionDetail
from host.session.endings import fee_rate
from host.session.local import LocalSession

_TXID_LETTERS = 64
Opened = Callable[[argparse.Namespace], AbstractAsyncContextManager[LocalSession]]
Look = Callable[[argparse.Namespace, LocalSession], Awaitable[None]]


async def run(args: argparse.Namespace, opened: Opened, look: Look) -> None:
    """Print it. Raises HostError."""
    async with opened(args) as session:
        await look(args, session)
        entries, labels = await history(session.wallet), await session.records.labels()
        if args.txid is not None:
            entry = details.entry_of(args.txid, entries)
            flow = await session.records.flow(entry.row.txid)
            contacts = await session.records.contacts()
            whole = details.detail(entry, entries, labels, contacts, flow)
            _print(json.dumps(_data(whole)) if args.json else _text(whole))
            return
        for entry in entries:
            label = labels.get(entry.row.txid, "")
            text = (
                f"{entry.row.txid}  {grouped(entry.row.net_sats):>16} sats"
                f"  {facts.entry_status(entry)}  {label}"
            )
            data = {**facts.entry_data(entry), "label": label}
            _print(json.dumps(data) if args.json else text.rstrip())


async def whole_txid(session: LocalSession, text: str) -> str:
    """The txid that begins so. Raises BadInput: none of this wallet does, or several do."""
    if len(text) == _TXID_LETTERS:
        return text
    return details.entry_of(text, await history(session.wallet)).row.txid


def _print(line: str) -> None:
    """At once, for whoever reads along."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _data(whole: TransactionDetail) -> dict[str, Any]:
    """What a program is told: of each coin whose it is, and what was written to it."""
    entry, flow = whole.entry, whole.flow
    inputs, outputs = (flow.inputs, flow.outputs) if flow else ((), ())
    addresses = entry.record.recipient.split() if entry.record else []
    return {
        **facts.entry_data(entry),
        "label": whole.label,
        "status_sentences": whole.sentences,
        "vbytes": entry.vbytes or None,
        "sats_per_vbyte": fee_rate(entry) or None,
        "replaces": whole.replaces,
        "spent_by": entry.spent_by,
        "contacts": {name: whole.contact(name) for name in addresses if whole.contact(name)},
        "inputs": [{"outpoint": coin.outpoint, **_coin(whole, coin)} for coin in inputs],
        "outputs": [_coin(whole, coin, index) for index, coin in enumerate(outputs)],
    }


def _coin(whole: TransactionDetail, coin: FlowCoin, index: int | None = None) -> dict[str, Any]:
    return {
        "sats": coin.sats,
        "owner": coin.owner or None,
        "address": coin.address or None,
        "label": whole.label_of(coin, index),
        "contact": whole.contact(coin.address),
    }


def _text(whole: TransactionDetail) -> str:
    lines = [
        f"{item.name:<9}{item.text}{f'   {item.aside}' if item.aside else ''}"
        for item in details.facts(whole)
    ]
    lines += [
        f"{'' if number else 'State':<9}{text}" for number, text in enumerate(whole.sentences)
    ]
    if whole.flow is not None:
        inputs = [_row(whole, coin, coin.outpoint) for coin in whole.flow.inputs]
        outputs = [
            _row(whole, coin, f"output {index}", index)
            for index, coin in enumerate(whole.flow.outputs)
        ]
        lines += ["", "Where its coins come from", *inputs, "", "Where they go", *outputs]
    return "\n".join(lines)


def _row(whole: TransactionDetail, coin: FlowCoin, name: str, index: int | None = None) -> str:
    """As in "  output 0            25 000 sats  theirs  bcrt1q...  Anna"."""
    sats = "?" if coin.sats is None else grouped(coin.sats)
    where = coin.address or ("" if index is None else "data")
    notes = (coin.owner, where, whole.contact(coin.address), whole.label_of(coin, index))
    return "  ".join(("", name, f"{sats:>16} sats", *filter(None, notes)))
