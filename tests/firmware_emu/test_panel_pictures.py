"""The panel's codes as pictures in a terminal that draws such, and letters again by a key."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from firmware_emu.emulator import PIN, sealed_record
from signer.formats import account
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.ur import Ur
from tests.host.test_terminal_graphics import KITTY, XTERM, Terminal, codes, of_kitty, of_sixel
from tests.nights import AT_NIGHT

Pictures = Callable[[str], Iterator[Image.Image]]

READ_S = 0.6
SIXEL = re.compile("\x1bP.*?\x1b\\\\", re.DOTALL)
ERASED = "\x1b_Ga=d,"


def until(terminal: Terminal, is_so: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, terminal.text[-300:]
        terminal.read_on()


def press(terminal: Terminal, key: str, wanted: str) -> None:
    """Press it once the page has stood for long enough to be read, and see what comes of it."""
    end = time.monotonic() + READ_S
    while time.monotonic() < end:
        terminal.read_on(0.05)
    before = len(terminal.text)
    terminal.press(key)
    until(terminal, lambda: wanted in terminal.text[before:])


def account_in(text: str, pictures: Pictures = of_kitty) -> account.Account | None:
    collector = PartCollector(account.ACCOUNT_TYPES)
    for code in codes(pictures(text)):
        if isinstance(whole := collector.add(code.decode("ascii")), Ur):
            return account.parse(whole)
    return None


@contextmanager
def at_the_accounts_code(folder: Path, answer: str = KITTY) -> Iterator[Terminal]:
    """A device in a terminal that draws pictures, one press before it shows its account."""
    flash = folder / "device.flash"
    flash.write_bytes(sealed_record())
    command = [sys.executable, "-m", "firmware_emu", "--air", "--flash", str(flash)]
    terminal = Terminal(command, answer)
    try:
        until(terminal, lambda: "Locked." in terminal.text)
        press(terminal, "\r", "Type it")
        terminal.press(PIN)
        press(terminal, "\r", "Fingerprint")
        press(terminal, "\r", "Show account")
        press(terminal, "\x1b[C", "▸")
        yield terminal
    finally:
        terminal.close()


def test_an_account_is_read_from_the_pictures_of_the_panel(tmp_path: Path) -> None:
    with at_the_accounts_code(tmp_path) as terminal:
        press(terminal, "\r", "g letters")
        until(terminal, lambda: account_in(terminal.text) is not None)
        shown = account_in(terminal.text)
        assert shown is not None
        assert [key.script for key in shown.keys] == ["wpkh", "tr"]
        assert "▀" not in terminal.text.split("g letters")[1]
        assert ERASED not in terminal.text
        press(terminal, "g", "▀")
        assert ERASED in terminal.text
        press(terminal, "x", "Unlocked.")


@AT_NIGHT
def test_an_account_is_read_from_the_sixels_of_the_panel(tmp_path: Path) -> None:
    with at_the_accounts_code(tmp_path, XTERM) as terminal:
        press(terminal, "\r", "g letters")
        until(terminal, lambda: account_in(terminal.text, of_sixel) is not None)
        shown = terminal.text.split("g letters")[1]
        assert "▀" not in shown
        assert ERASED not in shown
        drawn = list(of_sixel(shown))
        assert drawn[0].height <= 16 * 22  # nothing scrolls: a row above, one below
        for _ in range(20):
            terminal.press("-")  # smaller ones, and more of them
        count = len(SIXEL.findall(terminal.text))
        until(terminal, lambda: len(SIXEL.findall(terminal.text)) > count + 25)
        # Between two codes no letter is written: it would show through.
        between = SIXEL.split(terminal.text)[-4:-1]
        assert all(len(piece) < 40 for piece in between), between
        press(terminal, "x", "Unlocked.")
        start = terminal.text.rindex("\x1bP")
        until(terminal, lambda: terminal.text[start:].count("\x1b[") > 24)


@AT_NIGHT
def test_letters_come_back_where_sixels_were(tmp_path: Path) -> None:
    with at_the_accounts_code(tmp_path, XTERM) as terminal:
        press(terminal, "\r", "\x1bP")
        press(terminal, "g", "▀")


@AT_NIGHT
def test_a_picture_goes_with_its_screen(tmp_path: Path) -> None:
    with at_the_accounts_code(tmp_path) as terminal:
        press(terminal, "\r", "a=T")
        press(terminal, "x", ERASED)
