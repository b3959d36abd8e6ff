"""The words of tasks about addresses, and about people who are paid again."""

import argparse
from collections.abc import Callable
from pathlib import Path

from host.cli.options import add_home

RECEIVE = """\
With --device, the device derives it, too, and you compare the two before you give it away. An
address that the device has shown, or that somebody has paid to, is not given again. One that
nobody has paid to is shown again; --new gives another, so that two payers cannot be linked. With an
amount or a label it is a request (BIP21), which other wallets take as a link or a code.

  quietkey wallet receive --device tcp:127.0.0.1:30121
  quietkey wallet receive --new --amount 25k --label Rent
"""
_ADDRESSES = """\
Newest first: number, address, when it was given, what came, and the label of who was given it.

  quietkey wallet addresses
"""
_FIND = """\
Says whether an address is this wallet's, and where it comes from.

  quietkey wallet find ADDRESS
"""
_CONTACT = """\
The wallet pays a contact by name: in the app, and as quietkey wallet pay NAME AMOUNT.

  quietkey wallet contact Anna ADDRESS
  quietkey wallet contacts
  quietkey wallet forget-contact Anna
"""
BACKUP = """\
All wallets of the home in one file under a password: descriptors, labels, contacts, the addresses
that were given, which device knows what, settings. No seed is in it, and no payment: the chain has
those, and one that was signed and not sent is not kept. Wallets that are there already are left
alone by restore.

  quietkey wallet backup quietkey.backup
  quietkey wallet restore quietkey.backup
  quietkey wallet backup quietkey.backup --password-fd 3 3< password.txt
"""
AddTask = Callable[[str, str, str], argparse.ArgumentParser]


def add_receive(receive: argparse.ArgumentParser) -> None:
    """What else an address to be paid at can be given."""
    receive.add_argument("--new", action="store_true", help="another one than the last")
    receive.add_argument("--amount", metavar="AMOUNT", help="ask for so much")
    receive.add_argument("--label", metavar="TEXT", help="who is given it, or what for; kept")


def add_backup(task: argparse.ArgumentParser) -> None:
    """The file, and where the password comes from."""
    task.add_argument("file", type=Path, metavar="FILE", help="the backup")
    task.add_argument(
        "--password-fd", type=int, metavar="N", help="the first line of this file descriptor"
    )
    add_home(task)


def add_tasks(add: AddTask) -> None:
    """`add` makes a task of a name, a summary and an epilog."""
    add("addresses", "list the addresses that were given", _ADDRESSES)
    found = add("find", "say whether an address is yours", _FIND)
    found.add_argument("address", help="or a request that has one")
    add("contacts", "list people who are paid again", _CONTACT)
    kept = add("contact", "keep a name for an address", _CONTACT)
    kept.add_argument("name", help="how you call them")
    kept.add_argument("payee", metavar="ADDRESS", help="where they are paid")
    add("forget-contact", "forget a contact", _CONTACT).add_argument("name", help="of the contact")
