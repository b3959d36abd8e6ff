"""Pairing and paying by light alone: two programs in two real terminals, and a camera at each."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from firmware_emu.emulator import PIN, sealed_record
from host.devnet.network import Devnet
from tests.devnets import clock
from tests.lens import Lens
from tests.nights import AT_NIGHT
from tests.panes import ROOT, Camera, Pane, pane
from tests.wallets import STRANGER

QUIETKEY = f"{sys.executable} -m host"
DROP = 0.1  # of the pictures a camera takes


class Table:
    """The device's terminal on it, the wallet's when there is one, and a folder for each eye."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.device_eye, self.wallet_eye = home / "device-eye", home / "wallet-eye"

    @contextmanager
    def device(self) -> Iterator[Pane]:
        """`quietkey device --air` with the seed that everybody knows, unlocked by its keys."""
        self.device_eye.mkdir()
        flash = self.home / "device.flash"
        flash.write_bytes(sealed_record())
        flags = f"--air --network regtest --flash {flash} --camera {self.device_eye}"
        with pane("device", f"{QUIETKEY} device {flags}") as terminal:
            terminal.sees("Locked.")
            terminal.press_until("Enter", "Type it")
            terminal.press(*PIN)
            terminal.sees("* * * *")
            terminal.press_until("Enter", "Unlocked.")
            yield terminal

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


def approve(device: Pane) -> list[str]:
    """Read every page of the review that comes, and hold ✓ on the last; gives the pages."""
    pages = []
    end = time.monotonic() + 60
    while "Signed" not in (page := device.text()):
        assert time.monotonic() < end, page
        time.sleep(0.7)  # nobody reads faster, and the device takes no faster yes
        if "page " not in page:
            continue
        pages.append(page)
        if "hold" in buttons(page):
            device.hold("Enter", 1.5)
        else:
            device.press("Right" if "▸" in buttons(page) else "Enter")
    return pages


def buttons(text: str) -> str:
    """The row of the panel that says what its buttons do."""
    return next((row for row in reversed(text.splitlines()) if "✗ " in row and "│" in row), "")


@AT_NIGHT
@pytest.mark.timeout(240)
async def test_a_wallet_pairs_and_pays(tmp_path: Path) -> None:
    async with Devnet(clock, 3, tmp_path / "net") as devnet:
        await pairs_and_pays(Table(tmp_path), devnet)


async def pairs_and_pays(table: Table, devnet: Devnet) -> None:
    network = [word for peer in devnet.peers for word in ("--peer", peer)]
    with table.device() as device:
        device.press_until("Enter", "Show account")
        device.press("Right")
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
        pages = approve(device)
        wallet.sees("Sent: ")
    return pages
