"""The device alone in a terminal, used by its keys."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Static

from firmware_emu.emulator import PIN, Emulator
from firmware_emu.faces.terminal import SIGNS, Terminal
from firmware_emu.screens import Key

ROOT = Path(__file__).resolve().parents[2]
LINKS = {"tcp": "127.0.0.1:30121", "pty": "/dev/pts/5"}
SIZES = [(80, 24), (120, 40)]


def panel(app: Terminal) -> list[str]:
    return [line.rstrip() for line in str(app.query_one("#panel", Static).content).splitlines()]


def state(app: Terminal) -> str:
    return str(app.query_one("#state", Static).content)


async def keys(pilot: Pilot[None], *pressed: str) -> None:
    await pilot.press(*pressed)
    await pilot.pause()


async def test_it_shows_the_screen_the_state_and_the_links() -> None:
    app = Terminal(Emulator().shell, LINKS)
    async with app.run_test(size=(80, 24)):
        assert panel(app)[2] == "Unlocked."
        assert state(app) == "● unlocked  73c5 da0a"
        assert "tcp  127.0.0.1:30121\npty  /dev/pts/5" in str(app.query_one("#links").render())


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_cut_off(size: tuple[int, int]) -> None:
    app = Terminal(Emulator().shell, LINKS)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for widget in app.query("#state, #panel, #links, Button"):
            assert app.screen.region.contains_region(widget.region), widget
        assert app.query_one("#panel").content_size == (30, 10)


@pytest.mark.parametrize("size", SIZES)
async def test_a_seed_is_restored_and_unlocked_by_keyboard_alone(size: tuple[int, int]) -> None:
    device = Emulator(None)
    app = Terminal(device.shell, {})
    async with app.run_test(size=size) as pilot:
        await keys(pilot, "right", "enter", "enter")
        for word in ["zoo"] * 11 + ["wrong"]:
            await keys(pilot, *word, "enter")
        for _ in range(2):
            await keys(pilot, *PIN, "enter")
        assert device.screen.state == "unlocked"
        assert state(app) == "● unlocked  3f63 5a63"


async def test_letters_are_letters_where_words_are_spelled() -> None:
    """An x or an h in the middle of a word must not press a button."""
    app = Terminal(Emulator(None).shell, {})
    async with app.run_test() as pilot:
        await keys(pilot, "right", "enter", "enter", "e", "x", "h")
        assert panel(app)[2] == "  exh_"
        await keys(pilot, "backspace")
        assert panel(app)[2] == "  ex_"


async def test_x_stops_where_nothing_is_typed() -> None:
    device = Emulator()
    app = Terminal(device.shell, {})
    async with app.run_test() as pilot:
        await keys(pilot, "enter")
        assert device.screen.kind == "menu"
        await keys(pilot, "x")
        assert device.screen.kind == "home"


@pytest.mark.parametrize("key", ["space", "h"])
async def test_a_long_press_has_its_own_keys(key: str) -> None:
    device = Emulator()
    app = Terminal(device.shell, {})
    async with app.run_test() as pilot:
        await keys(pilot, "enter", "left", "enter")
        assert "hold: erase" in panel(app)[-1]
        await keys(pilot, "enter")
        assert device.screen.state == "unlocked"
        await keys(pilot, key)
        assert device.screen.state == "empty"


async def test_the_buttons_can_be_clicked_and_never_take_the_enter_key() -> None:
    device = Emulator()
    app = Terminal(device.shell, {})
    async with app.run_test(size=(80, 24)) as pilot:
        assert [button.id for button in app.query(Button)] == [key.value for key in SIGNS]
        await pilot.click("#ok")
        await pilot.pause()
        assert device.screen.kind == "menu"
        await pilot.click("#stop")
        await pilot.pause()
        assert device.screen.kind == "home"
        await keys(pilot, "enter")
        assert device.screen.kind == "menu"


def test_every_button_of_the_device_is_there() -> None:
    assert set(SIGNS) == set(Key)


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of this kind is POSIX's")
def test_it_runs_in_a_real_terminal_and_gives_it_back(tmp_path: Path) -> None:
    import pty  # noqa: PLC0415  not on Windows
    import termios  # noqa: PLC0415

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (24, 80))
    flash = str(tmp_path / "device.flash")
    command = [sys.executable, "-m", "firmware_emu", "--flash", flash, "--tcp", "0"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, start_new_session=True
    ) as process:
        os.close(theirs)
        seen = read_until(ours, b"New wallet")
        os.write(ours, b"\x11")  # ctrl+q
        seen += read_until(ours, b"\x1b[?1049l")
        assert process.wait(20) == 0
    os.close(ours)
    assert b"\x1b[?1049h" in seen


def read_until(terminal: int, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], 20)
        assert ready, f"not seen within 20 s: {wanted!r} in {seen[-2000:]!r}"
        seen += os.read(terminal, 4096)
    return seen
