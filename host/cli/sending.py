"""What is sent and no device signed: `quietkey wallet broadcast`, and `sweep` of a private key."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict

from host import backends, psbt_files
from host.cli import facts, options, paying
from host.config import grouped
from host.errors import BadInput
from host.payees.cleaning import unwrapped
from host.session.local import LocalSession
from host.session.wording import fee_sentence
from host.sweep import KeySweeper, Sweep, read_key
from host.sweep.private_key import LONGEST
from host.transactions import Transaction
from host.values import Sent
from signer.errors import Malformed
from signer.formats.payload.reader import text_of

Opened = Callable[[argparse.Namespace], AbstractAsyncContextManager[LocalSession]]
NOTHING_SENT = (
    "Nothing was sent, and the key was not kept. With --yes it is sent without a question."
)

ALL_FILTERS = (
    "Nodes know no addresses: the filters of all blocks are read, twice, and that takes long. On"
    " mainnet, --since YYYY-MM-DD, a day before the key received anything, leaves out the older"
    " ones."
)


async def broadcast(args: argparse.Namespace, session: LocalSession) -> Sent:
    """Give it to the network. Raises BadInput for what is no whole, signed transaction."""
    return await session.broadcast(_transaction(psbt_files.read_bytes(args.file)).encode())


def _transaction(raw: bytes) -> Transaction:
    try:
        transaction = Transaction.parse(_binary(raw))
    except Malformed as error:
        raise BadInput(
            "This is no whole transaction, binary or hex. Nothing was sent. A PSBT is finished by"
            " the wallet that made it: quietkey wallet pay --signed FILE."
        ) from error
    if any(not txin.script_sig and not txin.witness for txin in transaction.inputs):
        raise BadInput("The transaction is not signed. Nothing was sent.")
    return transaction


def _binary(data: bytes) -> bytes:
    """The bytes that hex stands for, as programs print it; else what was there."""
    try:
        return bytes.fromhex(unwrapped(text_of(data)))
    except (Malformed, ValueError):
        return data


async def sweep(args: argparse.Namespace, opened: Opened) -> None:
    """Bring all that a private key has to an address of the wallet. Raises HostError."""
    options.need_server(args)
    key = read_key(_key_text(args), args.network)
    async with opened(args) as session:
        _say(backends.kind_of(args.server).learns)
        if args.server.startswith("p2p:") and args.network != "regtest" and not args.since:
            _say(ALL_FILTERS)
        rate, estimate = await paying.rate(args, session)
        sweeper = KeySweeper(key, session, args.since)
        payment = await sweeper.plan(rate)
        for sentence in _review(payment, rate, sweeper.address.index):
            _say(sentence)
        if not (args.yes or _is_agreed()):
            _say(NOTHING_SENT)
            return
        sent = await sweeper.send()
    data = {
        "txid": sent.txid, **asdict(sent.proof), **estimate, "address": payment.address,
        "sats": payment.sats, "fee_sats": payment.fee_sats, "coins": len(payment.coins),
    }  # fmt: skip
    sys.stdout.write(f"{json.dumps(data) if args.json else facts.sent_sentence(sent)}\n")


def _key_text(args: argparse.Namespace) -> str:
    """Never an argument: other programs can read those. Raises BadInput."""
    try:
        if args.key_fd is not None:
            with os.fdopen(args.key_fd, encoding="ascii") as stream:
                return stream.readline(LONGEST + 1)
        if sys.stdin is not None and sys.stdin.isatty():
            return getpass.getpass("Private key (it is not shown): ")
        return sys.stdin.readline(LONGEST + 1) if sys.stdin else ""
    except (OSError, UnicodeError, EOFError):
        raise BadInput("No private key can be read there. Nothing was sent.") from None


def _review(payment: Sweep, rate: float, index: int) -> tuple[str, ...]:
    holdings = [
        f"{grouped(sats)} sats in {count} {'coin' if count == 1 else 'coins'} of {title}"
        for title, (count, sats) in payment.by_kind.items()
    ]
    left = f"{grouped(payment.left_sats)} sats stay with the key for now."
    fee = f"{grouped(payment.fee_sats)} sats ({rate:g} sat/vB)"
    return (
        f"The key has {', '.join(holdings)}.",
        f"All of it goes to your address number {index}: {payment.address}.",
        f"It gets {grouped(payment.sats)} sats.",
        f"The fee is {fee}, {fee_sentence(payment.fee_sats, payment.taken_sats, 'what it has')}.",
        *((left,) if payment.left_sats else ()),
    )


def _is_agreed() -> bool:
    """Whether its person says so; nobody can where the key came from a pipe."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    sys.stderr.write("Send it? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline(10).strip().lower() in {"y", "yes"}


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
