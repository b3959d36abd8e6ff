"""Codes for a device across the air gap are left by a key; the app steps aside for them."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from host import optics
from host.devices.air import AirGapSigner
from host.errors import DeviceError
from host.links.keys import TerminalKeys
from host.links.shower import TerminalShower
from signer.formats import account
from signer.formats.qr import ur
from tests import psbts
from tests.host.test_qr_command import PATH, TPUB
from tests.host.test_terminal_graphics import PLAIN, Terminal
from tests.nights import AT_NIGHT

AWAY, BACK = "\x1b[?1049l", "\x1b[?1049h"  # of the app's own screen
READY_S = 1.0  # from the sentence to the first look at the keys
PSBT = psbts.build(psbts.keyring(), 2)
CONFIG = """
wallet = "cold"

[wallets.cold]
network = "regtest"
script = "wpkh"
account = 0
server = "esplora:http://127.0.0.1:9"
device = "qr:{folder}"
"""


class Keys(TerminalKeys):
    """A keyboard on which one key is pressed, once."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._typed = [key]

    def open(self) -> None:
        pass

    def pressed(self) -> list[str]:
        typed, self._typed = self._typed, []
        return typed


async def _nothing() -> tuple[bytes, ...]:
    return ()


def signer(key: str) -> AirGapSigner:
    terminal = TerminalShower(Keys(key))
    return AirGapSigner(terminal.show, _nothing, terminal=terminal)


@pytest.mark.parametrize("key", ["q", "x", "\r", "\x1b"])
async def test_a_payment_is_left_by_a_key(key: str) -> None:
    with pytest.raises(DeviceError, match="You left the codes"):
        await asyncio.wait_for(signer(key).sign("regtest", PSBT), 10)


async def test_waiting_for_keys_is_left_by_a_key() -> None:
    with pytest.raises(DeviceError, match="You left the codes"):
        await asyncio.wait_for(signer("q").account(), 10)


def until(terminal: Terminal, text: str, start: int = 0) -> int:
    """Read on until this is written; where it ends."""
    end = time.monotonic() + 40
    while text not in terminal.text[start:]:
        assert time.monotonic() < end, terminal.text[-500:]
        terminal.read_on()
    return terminal.text.index(text, start) + len(text)


@AT_NIGHT
def test_the_app_steps_aside_for_codes_and_comes_back(tmp_path: Path) -> None:
    """Left by a key the first time, then paired by pictures that come into a folder."""
    home, folder = tmp_path / "home", tmp_path / "camera"
    home.mkdir()
    folder.mkdir()
    (home / "config.toml").write_text(CONFIG.format(folder=folder))
    command = [sys.executable, "-m", "host"]
    terminal = Terminal(command, PLAIN, QUIETKEY_HOME=str(home))
    try:
        place = until(terminal, "q goes back.")
        assert AWAY in terminal.text[:place]
        ready = time.monotonic() + READY_S
        while time.monotonic() < ready:
            terminal.read_on(0.05)
        terminal.press("q")
        place = until(terminal, BACK, place)
        place = until(terminal, "You left the codes", place)
        terminal.press("u")
        place = until(terminal, "plugged", place)
        terminal.press("u")
        place = until(terminal, "q goes back.", place)
        exported = account.Account(psbts.keyring().fingerprint, (account.key("wpkh", PATH, TPUB),))
        frame = optics.draw(ur.render(account.render(exported)))
        picture = Image.frombytes("L", (frame.width, frame.height), frame.pixels)
        picture.save(tmp_path / "shot.png")
        (tmp_path / "shot.png").rename(folder / "shot.png")
        place = until(terminal, BACK, place)
        until(terminal, "Balance", place)
    finally:
        terminal.close()
