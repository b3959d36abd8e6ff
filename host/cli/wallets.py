"""`quietkey wallets`: which wallets have names, and which one opens without a word."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict, replace

from host.app.signers import within_reach
from host.config import HomeFolder
from host.errors import BadInput
from host.settings import WalletSettings, load, save


def run(args: argparse.Namespace) -> int:
    """List them, after a change if one was asked for. Raises HostError."""
    if args.signers:
        return _list_signers(args)
    home = HomeFolder(args.home) if args.home else HomeFolder.default()
    settings = load(home.root)
    if args.use is not None:
        if args.use not in settings.wallets:
            raise BadInput(f"There is no wallet {args.use[:40]!r}. Nothing was changed.")
        settings = replace(settings, wallet=args.use)
        save(home.root, settings)
    if not settings.wallets:
        sys.stderr.write("No wallet has a name yet: quietkey wallet pair --wallet NAME.\n")
    for name, wallet in sorted(settings.wallets.items()):
        row = {"name": name, "opens": name == settings.wallet, **asdict(wallet)}
        text = json.dumps(row) if args.json else _line(name, wallet, name == settings.wallet)
        sys.stdout.write(text + "\n")
    return 0


def _list_signers(args: argparse.Namespace) -> int:
    for signer in asyncio.run(within_reach()):
        text = json.dumps(asdict(signer)) if args.json else f"{signer.address:<28} {signer.title}"
        sys.stdout.write(text + "\n")
    return 0


def _line(name: str, wallet: WalletSettings, opens: bool) -> str:
    account = f"{wallet.network} {wallet.script} {wallet.account}"
    return (
        f"{'*' if opens else ' '} {name:<12} {account:<18} {wallet.device} {wallet.server}".rstrip()
    )
