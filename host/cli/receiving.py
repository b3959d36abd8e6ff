"""`quietkey wallet receive`, `verify`, `addresses` and `find`: what belongs to being paid."""

import argparse
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from datetime import UTC, datetime

from host.config import grouped
from host.errors import BadInput
from host.payees import read_amount
from host.payees.errors import read_alone
from host.payees.uri import write_link
from host.session.local import LocalSession
from host.session.payment import verify_address
from host.session.record_tasks import origin_sentence
from host.session.wording import gap_warning
from host.values import GivenAddress, ReceiveAddress

OpenSession = Callable[[argparse.Namespace], AbstractAsyncContextManager[LocalSession]]
Look = Callable[[argparse.Namespace, LocalSession], Awaitable[None]]
UNSEARCHED = (
    "This wallet has not looked at the network yet. If its seed was used before, this address may"
    " be used already: look first, with quietkey wallet sync."
)
SHOWN_AGAIN = "Nobody has paid to this address yet, so it is shown again. --new gives another one."
NOT_OURS = (
    "This address is not found in this wallet: not among those given or used, nor the 1 000 of each"
    " branch behind them."
)


async def run(args: argparse.Namespace, session: OpenSession, look: Look) -> None:
    """Raises HostError."""
    tasks = {"receive": _receive, "verify": _verify, "addresses": _addresses, "find": _find}
    async with session(args) as opened:
        if args.task in {"receive", "addresses"}:
            await look(args, opened)
        await tasks[args.task](args, opened)


async def _receive(args: argparse.Namespace, session: LocalSession) -> None:
    sats = None if args.amount is None else _amount(args.amount)
    last = None if args.new else await session.last_address()
    address = last or await session.next_address()
    if args.label:
        await session.records.write_label(address.address, args.label)
    if not session.wallet.search.complete:
        _say(UNSEARCHED)
    _say(gap_warning(await session.records.addresses()))
    if args.device:
        await _verified(session, address)
    elif last is not None:
        _say(SHOWN_AGAIN)
    link = write_link(address.address, sats, args.label or "")
    _tell(args, {**asdict(address), "uri": link}, link)


def _amount(text: str) -> int:
    with read_alone():
        sats = read_amount(text)
    if sats is None:
        raise BadInput("You cannot ask for all that somebody has. Write an amount.")
    return sats


async def _verify(args: argparse.Namespace, session: LocalSession) -> None:
    address = session.wallet.address_at(args.index)
    await _verified(session, address)
    _tell(args, asdict(address), address.address)


async def _verified(session: LocalSession, address: ReceiveAddress) -> None:
    await session.plug()
    sentence = f"The device shows an address. It must be {address.address}."
    await verify_address(session, address, lambda: _say(sentence))
    _say("Device and wallet agree.")


async def _addresses(args: argparse.Namespace, session: LocalSession) -> None:
    rows = await session.records.addresses()
    _say(gap_warning(rows))
    for row in rows:
        _tell(args, asdict(row), _line(row))


def _line(row: GivenAddress) -> str:
    issued = datetime.fromtimestamp(row.issued or 0, UTC)
    day = "elsewhere " if row.issued is None else f"{issued:%Y-%m-%d}"
    came = f"{grouped(row.received_sats)} sats" if row.payments else "-"
    return f"{row.receive.index:>5}  {row.receive.address}  {day}  {came:>16}  {row.label}".rstrip()


async def _find(args: argparse.Namespace, session: LocalSession) -> None:
    origin = await session.records.find(args.address)
    if origin is None:
        _tell(args, {"mine": False}, NOT_OURS)
        return
    _tell(args, {"mine": True, **asdict(origin)}, origin_sentence(origin))


def _tell(args: argparse.Namespace, data: Mapping[str, object], text: str) -> None:
    sys.stdout.write((json.dumps(data) if args.json else text) + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    if text:
        sys.stderr.write(text + "\n")
