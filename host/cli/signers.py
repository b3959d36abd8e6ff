"""`quietkey wallet register`, and payments that several devices sign: what is typed and told."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace

from host.app import spend
from host.cli import psbt_verbs
from host.cli.plots import Look, Opened
from host.errors import BadInput, HostError, MoreSignatures
from host.psbt import PsbtMaps
from host.session.local import LocalSession
from host.settings import load, save
from host.values import Draft

NEXT = (
    "Go on with the next signer: quietkey wallet pay --continue --device WHERE. Or by a file:"
    " --continue --psbt-out FILE, and then --signed FILE."
)
ASKED = "The device shows the wallet: every key of it and what each can do. Read it there."
SHOWN = (
    "Let the device read the code, agree to the wallet there, then end this with Ctrl-C. It calls"
    " the wallet after its checksum, {}."
)


async def register(
    args: argparse.Namespace, session: LocalSession, say: Callable[[str], None]
) -> str:
    """Have the device of --device know the wallet; its fingerprint. Raises HostError."""
    wallet = session.wallet
    if not wallet.is_policy:
        raise BadInput(
            "This wallet is one account of one device, which knows it already. Nothing was done."
        )
    await session.plug()
    is_asked = session.interactive
    say(ASKED if is_asked else SHOWN.format(session.wallet.pairing.descriptor[-8:]))
    fingerprint = await session.register(args.wallet)
    _remember_device(args)
    return fingerprint


async def paths(args: argparse.Namespace, opened: Opened, look: Look) -> None:
    """List the paths on which the wallet can be spent. Raises HostError."""
    async with opened(args) as session:
        await look(args, session)
        listed = session.wallet.paths()
    for path in listed:
        data = {**asdict(path), "sentence": path.sentence, "state": path.state}
        sys.stdout.write(f"{json.dumps(data) if args.json else path.sentence}\n")


def _remember_device(args: argparse.Namespace) -> None:
    """The first device that knows the wallet is the one that opens with it."""
    settings = load(args.home.root)
    wallet = settings.wallets.get(args.wallet)
    if wallet is not None and not wallet.device and args.device:
        wallets = {**settings.wallets, args.wallet: replace(wallet, device=args.device)}
        save(args.home.root, replace(settings, wallets=wallets))


def kept(session: LocalSession) -> Draft:
    """The payment that waits for signatures. Raises HostError."""
    draft = spend.unfinished(session.wallet)
    if draft is None:
        raise HostError("There is no payment that waits for a signature. Nothing was written.")
    return draft


def write_down(args: argparse.Namespace, session: LocalSession, draft: Draft) -> str:
    """The PSBT for another signer, with the signatures that are there; what to do with it."""
    collected = PsbtMaps.parse(session.wallet.hand_on(draft))
    psbt_verbs.write_file(args.psbt_out, collected, args.psbt_version)
    return "Have it signed, then send it: quietkey wallet pay --signed FILE --peer HOST:PORT."


def tell(args: argparse.Namespace, partly: MoreSignatures) -> None:
    """That a payment is kept, signed in part: no error, and not the end of it."""
    signed = [place + 1 for place in partly.signed]
    data = {"signed": signed, "keys": partly.keys, "missing": partly.missing}
    sys.stdout.write(f"{json.dumps(data) if args.json else partly}\n")
    sys.stderr.write(f"{NEXT}\n")
