"""`quietkey wallet message sign` and `verify`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from host import signed_messages
from host.app.sign_message import sign_message
from host.errors import BadInput
from host.payees.addresses import read_address
from host.payees.errors import read_alone
from host.session.local import LocalSession

STDIN = "-"
MAX_MESSAGE = 10_000  # characters
OpenSession = Callable[[argparse.Namespace], AbstractAsyncContextManager[LocalSession]]


async def run(args: argparse.Namespace, session: OpenSession) -> None:
    """Raises HostError, WalletError for a signature that is not right among them."""
    text = _text(args.text)
    if args.kind == "verify":
        with read_alone():
            address = read_address(args.address.strip(), args.network)
        standard = await asyncio.to_thread(signed_messages.verify, address, text, args.signature)
        sentence = f"The signature is right ({standard}): who has {address.text} signed this text."
        _tell(args, {"address": address.text, "valid": True, "standard": standard}, sentence)
        return
    async with session(args) as opened:
        address_of = opened.wallet.address_at(args.index)
        await opened.plug()
        sys.stderr.write(f"The device shows the message. Path of {address_of.address}.\n")
        signature = await opened.cable.ask(
            lambda device: sign_message(opened.wallet, device, address_of, text)
        )
    data = {"address": address_of.address, "signature": signature, "message": text}
    _tell(args, data | {"standard": signed_messages.BIP137}, signature)


def _text(given: str) -> str:
    """Itself, or standard input without the last line end. Raises BadInput."""
    text = sys.stdin.read(MAX_MESSAGE + 2).removesuffix("\n") if given == STDIN else given
    if not text or len(text) > MAX_MESSAGE:
        raise BadInput(f"A message has 1 to {MAX_MESSAGE} letters. Nothing was signed.")
    return text


def _tell(args: argparse.Namespace, data: Mapping[str, object], text: str) -> None:
    sys.stdout.write((json.dumps(data) if args.json else text) + "\n")
