"""The four parts put together: devnet, device, wallet, broadcast."""

import argparse
import asyncio
import importlib
from collections.abc import Callable
from pathlib import Path

from host.session.api import Opening, WalletSession

TITLE = "quietkey · regtest devnet"
STARTING = "Starting the device and three nodes..."


def main(args: argparse.Namespace) -> int:
    """A story by itself. Late import: this package is on the way to the app's first frame."""
    from host.demo import attack, auto, endings  # noqa: PLC0415

    if args.attack:
        return attack.main(args)
    return endings.main(args) if args.story == "endings" else auto.main(args)


def opening(home: Path | None, link: str, *, attack: bool = False) -> Opening:
    """The demo's session, which lives in `home`, or in a temporary folder for None.

    With `attack`, its wallet lies on demand, and its device is set up.
    """
    place, name = ("attacked", "AttackedSession") if attack else ("session", "DemoSession")

    async def start(say: Callable[[str], None]) -> WalletSession:
        module = await asyncio.to_thread(importlib.import_module, f"host.demo.{place}")
        session: WalletSession = await getattr(module, name).start(home, link, say)
        return session

    return Opening(TITLE, link, STARTING, start, keeps=home is not None)
