"""What `quietkey wallet pay` can be told, and the payment that is meant by it."""

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from host import psbt_files
from host.cli import options
from host.errors import BadInput
from host.fees import FeeChoice
from host.payees import AmountError, lists, read_amount, read_blocks, read_rate
from host.payees.contacts import Contact
from host.payees.lists import RecipientList
from host.session.api import WalletSession
from host.session.forms import look_alike_warning
from host.session.payment import chosen_rate
from host.values import DEFAULT_RATE, HistoryEntry, PaymentRequest

_HEX = "hex:"
_BUMP = """\
Another payment to the same recipient takes its place: only one of the two can be confirmed.

  quietkey wallet bump TXID --rate 5 --device tcp:127.0.0.1:30121 --peer 127.0.0.1:18444
"""
_CALL_OFF = """\
Another payment of its coins, to yourself, takes its place: only one of the two can be confirmed.

  quietkey wallet call-off TXID --rate 5 --device tcp:127.0.0.1:30121 --peer 127.0.0.1:18444
"""
_CPFP = """\
A payment to yourself spends the coin of one that waits, and its fee is enough for both (CPFP): for
a payment that you received, whose fee only its sender can raise. A fee that is not known counts as
nothing.

  quietkey wallet cpfp TXID --rate 5 --device tcp:127.0.0.1:30121 --peer 127.0.0.1:18444
  quietkey wallet cpfp TXID --target 6 --path 2 --wallet club
"""
_GIVE_UP = """\
For a payment that no peer has shown. Its coins are free, and it stays in the history: the next
payment spends a coin of it, so that only one of the two can be confirmed.

  quietkey wallet give-up TXID
"""
_PATHS = """\
Each way to spend the coins of this wallet: who signs, and from when on. A payment takes the one
with the fewest locks, or the one that you choose.

  quietkey wallet paths --json
  quietkey wallet pay ADDRESS 25k --path 2 --psbt-out pay.psbt
"""
_SWEEP = """\
A private key (WIF, as paper wallets have it) is typed without an echo, or read from standard input,
a QR code's text for example; never from the command line, where other programs read it. It is not
kept. What it has is shown, and one transaction brings all of it to a new address of yours. Without
--yes you are asked before it is sent.

  quietkey wallet sweep --target 6 --server electrum+tls:example.org:50002
  quietkey wallet sweep --rate 2 --peer 127.0.0.1:18444 --since 2014-05-01
  zbarcam --raw -1 | quietkey wallet sweep --rate 2 --yes
"""


def add_arguments(pay: argparse.ArgumentParser) -> None:
    """Whom to pay, out of which coins, at what fee."""
    pay.add_argument(
        "payees",
        nargs="*",
        metavar="ADDRESS AMOUNT",
        help="an address, a name (alice@example.org) or a request (bitcoin:...), and 25000 (sats),"
        " 25k, 0.00025 BTC or max",
    )
    pay.add_argument(
        "--to", action="append", metavar="ADDRESS=AMOUNT", help="one more recipient; give several"
    )
    pay.add_argument(
        "--csv", metavar="FILE", help="recipients in rows of address, amount, label; - is stdin"
    )
    pay.add_argument(
        "--coin", action="append", metavar="TXID:N", help="spend only these coins; give several"
    )
    fees = pay.add_mutually_exclusive_group()
    fees.add_argument("--rate", type=_rate, help=f"fee in sat/vB (default: {DEFAULT_RATE:g})")
    fees.add_argument("--fee", type=_sats, metavar="AMOUNT", help="the whole fee, in sats")
    _add_target(fees)
    pay.add_argument(
        "--data", metavar="TEXT", help="write this into the chain (OP_RETURN); hex:00ff is bytes"
    )
    pay.add_argument(
        "--locktime",
        type=_lock_time,
        metavar="WHEN",
        help="not before this block, or this day as YYYY-MM-DD (default: the present height)",
    )
    _add_path(pay)


def add_endings(add_task: Callable[..., argparse.ArgumentParser]) -> None:
    """What can become of a payment that no block has taken, and payments without a device."""
    bump = add_task("bump", "raise the fee of a payment", _BUMP, device=True, peer=True)
    call_off = add_task(
        "call-off", "pay a payment back to yourself", _CALL_OFF, device=True, peer=True
    )
    cpfp = add_task("cpfp", "lift a payment by its coin", _CPFP, device=True, peer=True)
    options.add_raw(add_task("broadcast", "send a transaction", options.RAW, peer=True))
    give_up = add_task("give-up", "send a payment no more", _GIVE_UP)
    for task in (bump, call_off, cpfp, give_up):
        task.add_argument(
            "txid",
            type=options.reference,
            help="the payment: its txid, or how it begins",
        )
    for task in (bump, call_off, cpfp):
        add_rate(task, required=True)
    _add_path(cpfp)
    add_task("paths", "who can spend the coins, and when", _PATHS, peer=False)
    sweep = add_task("sweep", "bring in the coins of a private key", _SWEEP, peer=True)
    add_rate(sweep, required=False)
    sweep.add_argument("--key-fd", type=int, metavar="N", help="read the key from descriptor N")
    sweep.add_argument("--yes", action="store_true", help="send it without asking")
    sweep.add_argument(
        "--since", type=day, metavar="YYYY-MM-DD", help="a day before the key received anything"
    )


def _add_path(task: argparse.ArgumentParser) -> None:
    task.add_argument(
        "--path", type=_path, metavar="N", help="spend on this path: quietkey wallet paths"
    )


def add_rate(task: argparse.ArgumentParser, *, required: bool) -> None:
    """A fee that is no whole one."""
    fees = task.add_mutually_exclusive_group(required=required)
    usual = "" if required else f" (default: {DEFAULT_RATE:g})"
    fees.add_argument("--rate", type=_rate, help=f"the new fee in sat/vB{usual}")
    _add_target(fees)


def _add_target(fees: Any) -> None:  # noqa: ANN401 - argparse keeps its name to itself
    fees.add_argument(
        "--target", type=_blocks, metavar="BLOCKS", help="the fee that the server estimates for it"
    )


async def rate(args: argparse.Namespace, session: WalletSession) -> tuple[float, dict[str, Any]]:
    """What was typed, or what the server estimates, which is said; and that as data.

    Any HostError may end it.
    """
    rate, advice = await chosen_rate(session, FeeChoice(args.rate, blocks=args.target))
    if advice is None:
        return rate, {}
    sys.stderr.write(f"{advice.sentence}\n")
    return rate, {"estimate": asdict(advice.estimate), "sats_per_vbyte": rate}


def request(args: argparse.Namespace) -> tuple[PaymentRequest, tuple[str, ...]]:
    """The payment that was typed, and sentences about it. Raises BadInput."""
    listed = _recipients(args)
    payment = PaymentRequest(
        listed.recipients,
        DEFAULT_RATE if args.rate is None else args.rate,
        args.fee,
        tuple(map(options.reference, args.coin or ())),
        _data(args.data),
        args.locktime,
        path=args.path or 0,
    )
    return payment, listed.notes


def _recipients(args: argparse.Namespace) -> RecipientList:
    if args.csv is not None and (args.payees or args.to):
        raise BadInput(
            "Recipients are in the file or on the command line, not in both. No payment was"
            " created."
        )
    if args.csv is not None:
        return lists.from_csv(psbt_files.read_text(args.csv), args.network)
    if not args.payees and not args.to:
        raise BadInput("Say whom to pay and how much: quietkey wallet pay ADDRESS AMOUNT.")
    parts = [
        read(texts, args.network)
        for read, texts in ((lists.from_words, args.payees), (lists.from_pairs, args.to))
        if texts
    ]
    return RecipientList(
        tuple(recipient for part in parts for recipient in part.recipients),
        tuple(note for part in parts for note in part.notes),
    )


def _data(text: str | None) -> bytes:
    if text is None or not text.startswith(_HEX):
        return (text or "").encode("utf-8", "surrogateescape")
    try:
        return bytes.fromhex(text.removeprefix(_HEX))
    except ValueError as error:
        raise BadInput("Behind hex: stand pairs of 0-9 and a-f. No payment was created.") from error


def _rate(text: str) -> float:
    try:
        return read_rate(text)
    except AmountError as error:
        raise argparse.ArgumentTypeError(error.hint) from None


def _sats(text: str) -> int:
    try:
        sats = read_amount(text)
    except AmountError as error:
        raise argparse.ArgumentTypeError(error.hint) from None
    if sats is None:
        raise argparse.ArgumentTypeError("a fee is a number of sats, like 500")
    return sats


def _blocks(text: str) -> int:
    try:
        return read_blocks(text)
    except AmountError as error:
        raise argparse.ArgumentTypeError(error.hint) from None


def _path(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and int(text)):
        raise argparse.ArgumentTypeError("a path is a number from 1 on, as `paths` lists them")
    return int(text)


def day(text: str) -> date:
    """As people type it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day, like 2025-02-01") from None


def _lock_time(text: str) -> int:
    """BIP65: a height, or seconds since 1970; a day is its beginning in UTC."""
    if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) < 1 << 32:
        return int(text)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        day = None
    if day is None or not 1985 < day.year < 2106:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no block height, and no day")
    return int(day.timestamp())


def warn_of_look_alikes(
    request: PaymentRequest, history: Iterable[HistoryEntry], contacts: Iterable[Contact]
) -> None:
    """Say which recipient was made to be taken for a contact or somebody who was paid before."""
    addresses = (recipient.address for recipient in request.recipients)
    if warning := look_alike_warning(addresses, history, contacts):
        sys.stderr.write(f"{warning}\n")
