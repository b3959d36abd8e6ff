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
    from host.demo import auto, endings  # noqa: PLC0415

    return endings.main(args) if args.story == "endings" else auto.main(args)


def opening(home: Path | None, link: str) -> Opening:
    """The demo's session, which lives in `home`, or in a temporary folder for None."""

    async def start(say: Callable[[str], None]) -> WalletSession:
        module = await asyncio.to_thread(importlib.import_module, "host.demo.session")
        session: WalletSession = await module.start(home, link, say)
        return session

    return Opening(TITLE, link, STARTING, start, keeps=home is not None)
