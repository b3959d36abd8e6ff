"""The wallet that config.toml names, as a session: its folder, its device, its server.

What is heavy is imported behind the first frame.
"""

import asyncio
import importlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from host.errors import LinkLost
from host.session.api import Opening, WalletSession
from host.settings import WalletSettings

NO_DEVICE = (
    "No device is known for this wallet. Nothing was changed. Name one with quietkey wallet pair"
    " --wallet and --device, or write payments down with quietkey wallet pay --psbt-out."
)
OPENING = "Opening the wallet, looking for its device."


def opening(home: Path, name: str, wallet: WalletSettings) -> Opening:
    """How the wallet of that name in the folder `home` comes up."""
    link = wallet.device.partition(":")[0]

    async def start(report: Callable[[str], None]) -> WalletSession:
        session = await asyncio.to_thread(_session, home, name, wallet, report)
        with suppress(LinkLost):  # the page says that it is not plugged in
            await session.plug()
        return session

    return Opening(f"quietkey · {wallet.network}", link, OPENING, start)


async def _no_device() -> NoReturn:
    """A wallet that was imported has none. Raises LinkLost."""
    raise LinkLost(NO_DEVICE)


def _session(
    home: Path, name: str, wallet: WalletSettings, report: Callable[[str], None]
) -> WalletSession:
    """Raises HostError. `report` hears how far a long look is, and of servers that are lost."""
    backends: Any = importlib.import_module("host.backends")
    local: Any = importlib.import_module("host.session.local")
    connect: Any = importlib.import_module("host.app.connect")
    cable: Any = importlib.import_module("host.session.cable")
    config: Any = importlib.import_module("host.config")
    folder = config.HomeFolder(home).named(name)
    surroundings = backends.Surroundings(
        wallet.network, folder / "headers", home / "certificates.json", wallet.proxy, report
    )
    session: WalletSession = local.LocalSession(
        local.WalletFolder(folder, wallet.network, wallet.script, wallet.account, name),
        cable.Cable(lambda: connect.connect(wallet.device) if wallet.device else _no_device()),
        backends.open_url(wallet.server, surroundings) if wallet.server else None,
        wallet.device.partition(":")[0],
    )
    return session
