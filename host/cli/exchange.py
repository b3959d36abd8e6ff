"""`quietkey wallet import` and `export`: what a wallet is and did, for other programs."""

import argparse
import asyncio
import json
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from host.app.history import history
from host.app.watch import watch
from host.cli import csv_pages
from host.cli.options import remember
from host.errors import BadInput
from host.store import Search
from host.wallet import Wallet, descriptors

STDIN = "-"


async def export(args: argparse.Namespace) -> None:
    """Print it. Raises WalletError."""
    with closing(await asyncio.to_thread(Wallet.open, args.folder)) as wallet:
        if args.what == "history":
            sys.stdout.write(csv_pages.history_page(await history(wallet)))
            return
        text = descriptors.write(wallet.pairing)
    data = {"descriptor": text, "network": wallet.network}
    sys.stdout.write(f"{json.dumps(data) if args.json else text}\n")


async def import_wallet(args: argparse.Namespace) -> None:
    """Make the wallet that a descriptor stands for. Raises WalletError."""
    read = descriptors.read(_text(args.descriptor), args.network)
    args.script, args.account = read.pairing.script, read.pairing.account
    search = Search(args.gap, args.birthday)
    wallet = await watch(args.folder, read.pairing, search)
    with closing(wallet):
        first = wallet.address_at(0).address
    remember(args)
    for note in read.notes:
        sys.stderr.write(f"{note}\n")
    sentence = f"The wallet {args.wallet} is kept. Its first address is {first}."
    data = {**asdict(read.pairing), "first_address": first}
    sys.stdout.write(f"{json.dumps(data) if args.json else sentence}\n")


def _text(source: str) -> str:
    """The descriptor itself, or what is in the file of that name, or on stdin. Raises BadInput."""
    if "(" in source:
        return source
    limit = descriptors.LONGEST + 1
    try:
        if source == STDIN:
            return sys.stdin.read(limit)
        with Path(source).open(encoding="utf-8") as file:
            return file.read(limit)
    except UnicodeDecodeError as error:
        raise BadInput(f"{source[:80]} is no text. Nothing was changed.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is none"
        raise BadInput(f"{source[:80]} cannot be read: {reason}. Nothing was changed.") from error
