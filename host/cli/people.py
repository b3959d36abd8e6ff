"""`quietkey wallet contacts`, `contact` and `forget-contact`: people who are paid again."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import asdict

from host.payees.contacts import Contact, of_name
from host.payees.poisoning import resembling
from host.session.local import LocalSession
from host.wallet import Wallet

OpenSession = Callable[[argparse.Namespace], AbstractAsyncContextManager[LocalSession]]


async def run(args: argparse.Namespace, session: OpenSession) -> None:
    """Raises HostError."""
    async with session(args) as opened:
        match args.task:
            case "contact":
                await _keep(args, opened)
            case "forget-contact":
                await opened.records.forget_contact(args.name)
                sys.stderr.write("The contact is forgotten.\n")
            case _:
                for contact in await opened.records.contacts():
                    row = f"{contact.name:<20} {contact.payee}"
                    sys.stdout.write(f"{json.dumps(asdict(contact)) if args.json else row}\n")


async def put_addresses(args: argparse.Namespace) -> None:
    """In the place of names among those to be paid, which are said."""
    if not await asyncio.to_thread(Wallet.exists, args.folder):
        return
    with closing(await asyncio.to_thread(Wallet.open, args.folder)) as wallet:
        contacts = await asyncio.to_thread(wallet.store.contacts)
    for key in ("payees", "to"):
        words = getattr(args, key, None) or []
        setattr(args, key, [_addressed(word, contacts) for word in words])


def _addressed(word: str, contacts: Sequence[Contact]) -> str:
    name, sign, amount = word.partition("=")
    contact = of_name(name, contacts)
    if contact is None:
        return word
    sys.stderr.write(f"{contact.name} is paid at {contact.payee}.\n")
    return f"{contact.payee}{sign}{amount}"


async def _keep(args: argparse.Namespace, session: LocalSession) -> None:
    contacts = await session.records.contacts()
    others = [contact.payee for contact in contacts]
    earlier = of_name(args.name, contacts)
    contact = await session.records.keep_contact(args.name, args.payee)
    if other := resembling(contact.payee, others):
        sys.stderr.write(
            f"It begins and ends as {other}, which you keep already, and is another one. Such an"
            " address may have been made to be copied by mistake: compare what lies between.\n"
        )
    sentence, row = f"{contact.name} is paid at {contact.payee}.", asdict(contact)
    if earlier is not None and earlier.payee != contact.payee:
        sentence += f" Until now it was {earlier.payee}."
        row["replaced"] = earlier.payee
    sys.stdout.write(f"{json.dumps(row) if args.json else sentence}\n")
