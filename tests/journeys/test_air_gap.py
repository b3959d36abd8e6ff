"""Pairing and paying by light alone: two programs in two real terminals, and a camera at each."""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from host.devnet.network import Devnet
from tests.devnets import clock
from tests.journeys.light import DROP, QUIETKEY, read_through, shows_code, unlocked_device
from tests.lens import Lens
from tests.nights import AT_NIGHT
from tests.panes import ROOT, Camera, Pane, pane
from tests.wallets import STRANGER


class Table:
    """The device's terminal on it, the wallet's when there is one, and a folder for each eye."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.device_eye, self.wallet_eye = home / "eye", home / "wallet-eye"

    @contextmanager
    def wallet(self, device: Pane, *words: str) -> Iterator[Pane]:
        """A command of the wallet by QR, while each side's camera sees the other's screen."""
        eye = self.wallet_eye / words[0]
        eye.mkdir(parents=True)
        line = " ".join((*words, "--device", f"qr:{eye}", "--home", str(self.home / "wallet")))
        with ExitStack() as stack:
            terminal = stack.enter_context(pane("wallet", f"{QUIETKEY} wallet {line}"))
            terminal.sees("looked for in")
            stack.enter_context(Camera(device, eye, Lens(1, DROP)))
            stack.enter_context(Camera(terminal, self.device_eye, Lens(2, DROP)))
            yield terminal

    def told(self, *words: str) -> Any:  # noqa: ANN401 - what it printed
        """What a command of the wallet that needs no device prints for programs."""
        line = [*QUIETKEY.split(), "wallet", *words, "--home", str(self.home / "wallet"), "--json"]
        done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=ROOT)
        return [json.loads(row) for row in done.stdout.splitlines()]


@AT_NIGHT
@pytest.mark.timeout(240)
async def test_a_wallet_pairs_and_pays(tmp_path: Path) -> None:
    async with Devnet(clock, 3, tmp_path / "net") as devnet:
        await pairs_and_pays(Table(tmp_path), devnet)


async def pairs_and_pays(table: Table, devnet: Devnet) -> None:
    network = [word for peer in devnet.peers for word in ("--peer", peer)]
    with unlocked_device(table.home, "--network regtest", size=(80, 24)) as device:
        device.press_until("Enter", "Show account")
        device.press_until("Right", "▸ Show account")
        device.press_until("Enter", "█")
        await asyncio.to_thread(pair, table, device)
        device.press_until("x", "Unlocked.")

        (received,) = await asyncio.to_thread(table.told, "receive")
        await devnet.fund(received["address"], 5_000_000)
        pages = await asyncio.to_thread(pay, table, device, *network)
    assert "Pay 25 000 sats" in pages[0]
    assert "hold: sign" in pages[-1]
    await devnet.mine(1)
    await asyncio.to_thread(table.told, "sync", *network)
    sent = (await asyncio.to_thread(table.told, "history"))[0]
    assert (sent["status"], sent["recipient"], sent["sats"]) == ("confirmed", STRANGER, 25_000)


def pair(table: Table, device: Pane) -> None:
    with table.wallet(device, "pair") as wallet:
        wallet.sees("Paired with the device 73c5da0a.")


def pay(table: Table, device: Pane, *network: str) -> list[str]:
    with table.wallet(device, "pay", STRANGER, "25000", *network) as wallet:
        pages = read_through(device, shows_code)
        wallet.sees("Sent: ")
    return pages


CONFIG = """
wallet = "cold"

[wallets.cold]
network = "regtest"
script = "wpkh"
account = 0
server = "p2p:{peers}"
device = "qr:{eye}"
"""
FIRST = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk"  # of the seed that everybody knows


@AT_NIGHT
@pytest.mark.timeout(240)
async def test_the_app_pairs_and_pays(tmp_path: Path) -> None:
    """It steps aside for the codes, and is back with what came of them."""
    eye, home = tmp_path / "wallet-eye", tmp_path / "wallet"
    eye.mkdir()
    home.mkdir()
    async with Devnet(clock, 3, tmp_path / "net") as devnet:
        config = CONFIG.format(peers=",".join(devnet.peers), eye=eye)
        (home / "config.toml").write_text(config)
        with (
            unlocked_device(tmp_path, "--network regtest", size=(80, 24)) as device,
            pane("app", f"QUIETKEY_HOME={home} {QUIETKEY}", 80, 24) as app,
            Camera(device, eye, Lens(1, DROP)),
            Camera(app, tmp_path / "eye", Lens(2, DROP)),
        ):
            await asyncio.to_thread(pair_in_app, app, device)
            await devnet.fund(FIRST, 5_000_000)
            pages = await asyncio.to_thread(pay_in_app, app, device)
    assert "Pay 25 000 sats" in pages[0]
    assert "hold: sign" in pages[-1]


def pair_in_app(app: Pane, device: Pane) -> None:
    app.sees("q goes back")
    device.press_until("Enter", "Show account")
    device.press_until("Right", "▸ Show account")
    device.press_until("Enter", "█")
    app.sees("Balance", "synced")
    device.press_until("x", "Unlocked.")


def pay_in_app(app: Pane, device: Pane) -> list[str]:
    app.sees("in block")
    app.press_until("p", "Amount", "Look at it")
    app.run("send-keys", "-t", "pane", "-l", STRANGER)
    time.sleep(1)
    app.press("Tab")
    time.sleep(1)
    app.run("send-keys", "-t", "pane", "-l", "25000")
    time.sleep(1)
    app.press_until("Enter", "Written down", "Go on")
    app.press_until("Enter", "f full")
    pages = read_through(device, shows_code)
    app.sees("seen by")
    return pages
