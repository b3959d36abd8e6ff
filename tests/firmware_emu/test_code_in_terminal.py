"""The device's codes in a real terminal (tmux), read back from its cells as a camera would."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from signer.formats import account
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.ur import Ur

ROOT = Path(__file__).resolve().parents[2]
SIZES = [(80, 24, 6), (100, 30, 9), (120, 40, 12), (160, 50, 12)]  # columns, rows, QR version
INK = {"█": (0, 0), "▀": (0, 255), "▄": (255, 0), " ": (255, 255)}
DEVICE = """
import asyncio
from firmware_emu.emulator import Emulator
from firmware_emu.faces.terminal import Terminal
from firmware_emu.links.clock import Clock
async def main():
    device = Emulator()
    device.press("ok", "right", "ok")
    clock = Clock(device.shell, bytes)
    await Terminal(device.shell, {}).run_async()
asyncio.run(main())
"""


class Tmux:
    """One terminal of a server of its own."""

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, *words: str) -> str:
        command = ["tmux", "-L", self._name, "-f", "/dev/null", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def cells(self) -> list[str]:
        return self.run("capture-pane", "-p", "-t", "device").splitlines()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    tmux = Tmux(f"quietkey-{tmp_path.name}")
    script = tmp_path / "device.py"
    script.write_text(DEVICE)
    command = f"cd {ROOT} && {sys.executable} {script}"
    tmux.run("new-session", "-d", "-s", "device", "-x", "80", "-y", "24", command)
    tmux.run("set-option", "-g", "window-size", "manual")
    yield tmux
    tmux.run("kill-server")


def read(rows: list[str], columns: int) -> tuple[str, int]:
    """The code in cells of half blocks, as pixels on a dark screen; and its QR version."""
    halves = []
    for row in rows[1:]:
        cells = [INK.get(sign, (255, 255)) for sign in row.ljust(columns)[:columns]]
        halves += [[cell[half] for cell in cells] for half in (0, 1)]
    if not halves:
        return "", 0
    picture = Image.frombytes("L", (columns, len(halves)), b"".join(map(bytes, halves)))
    picture = picture.resize((columns * 4, len(halves) * 4), Image.Resampling.NEAREST)
    codes = zxingcpp.read_barcodes(picture)
    return (codes[0].text, int(codes[0].extra["Version"])) if codes else ("", 0)


def test_the_account_is_read_from_the_terminals_cells_at_every_size(terminal: Tmux) -> None:
    for columns, rows, version in SIZES:
        terminal.run("resize-window", "-t", "device", "-x", str(columns), "-y", str(rows))
        collector = PartCollector(account.ACCOUNT_TYPES)
        end = time.monotonic() + 30
        while True:
            assert time.monotonic() < end, f"{columns}x{rows}: nothing was read in 30 s"
            text, seen = read(terminal.cells(), columns)
            if 0 < seen <= version and isinstance(whole := collector.add(text), Ur):
                assert account.parse(whole).fingerprint.hex() == "73c5da0a"
                break
            time.sleep(0.03)


def test_the_code_is_black_on_white_whatever_the_theme(terminal: Tmux) -> None:
    end = time.monotonic() + 30
    while not read(terminal.cells(), 80)[0]:
        assert time.monotonic() < end
        time.sleep(0.05)
    coloured = terminal.run("capture-pane", "-p", "-e", "-t", "device").splitlines()[5]
    assert "48;5;231" in coloured or "48;2;255;255;255" in coloured
    assert "38;5;16" in coloured or "38;2;0;0;0" in coloured


def test_live_keys_make_it_coarser_denser_and_pause_it(terminal: Tmux) -> None:
    def sees(*words: str) -> None:
        end = time.monotonic() + 30
        while not all(word in "\n".join(terminal.cells()) for word in words):
            assert time.monotonic() < end, terminal.cells()[:1]
            time.sleep(0.05)

    sees("Account on testnet", "/4, 1.7 s")
    terminal.run("send-keys", "-t", "device", "-", "-")
    sees("/10, 2.9 s")
    terminal.run("send-keys", "-t", "device", " ")
    sees("paused", "/10")
    terminal.run("send-keys", "-t", "device", "=", "=", "<")
    sees("/4, 1.9 s")
    terminal.run("send-keys", "-t", "device", "x")
    end = time.monotonic() + 30
    while not any("Unlocked." in row for row in terminal.cells()):
        assert time.monotonic() < end
        time.sleep(0.05)
