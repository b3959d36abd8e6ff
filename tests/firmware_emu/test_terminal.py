"""The device alone in a terminal, used by its keys."""

import asyncio
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static

from firmware_emu.emulator import PIN, Emulator
from firmware_emu.faces.terminal import REPEAT_S, SIGNS, KeyButton, Terminal
from firmware_emu.screens import Key
from tests.gallery.device import payments
from tests.nights import cases

ROOT = Path(__file__).resolve().parents[2]
LINKS = {"tcp": "127.0.0.1:30121", "pty": "/dev/pts/5"}
HARDENED = 1 << 31
ADDRESS = {
    "network": "localtest",
    "path": [84 + HARDENED, 1 + HARDENED, HARDENED, 0, 0],
    "variant": "wpkh(k)",
}
SIZES = [(80, 24), (120, 40)]


def panel(app: Terminal) -> list[str]:
    return [line.rstrip() for line in str(app.query_one("#panel", Static).content).splitlines()]


def state(app: Terminal) -> str:
    return str(app.query_one("#state", Static).content)


async def keys(pilot: Pilot[None], *pressed: str) -> None:
    await pilot.press(*pressed)
    await pilot.pause()


def pass_time(device: Emulator, seconds: float = 0.5) -> None:
    """On the device's clock, which stands still otherwise."""
    device.advance(seconds)


async def slowly(device: Emulator, pilot: Pilot[None], *pressed: str) -> None:
    """As a person presses: with time between the keys, on the device's clock."""
    for key in pressed:
        pass_time(device)
        await keys(pilot, key)


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
        for widget in app.query("#state, #panel, #links, KeyButton"):
            assert app.screen.region.contains_region(widget.region), widget
        assert app.query_one("#panel").content_size == (31, 10)


@pytest.mark.parametrize("size", cases(SIZES, SIZES[:1]))
async def test_a_seed_is_restored_and_unlocked_by_keyboard_alone(size: tuple[int, int]) -> None:
    device = Emulator(None)
    app = Terminal(device.shell, {})
    async with app.run_test(size=size) as pilot:
        await slowly(device, pilot, "right", "enter", "enter")
        for word in ["zoo"] * 11 + ["wrong"]:
            await keys(pilot, *word)
            await slowly(device, pilot, "enter")
        for _ in range(2):
            await keys(pilot, *PIN)
            await slowly(device, pilot, "enter")
        assert device.screen.state == "unlocked"
        assert state(app) == "● unlocked  3f63 5a63"


async def test_letters_are_letters_where_words_are_spelled() -> None:
    """An x or an h in the middle of a word must not press a button."""
    device = Emulator(None)
    app = Terminal(device.shell, {})
    async with app.run_test() as pilot:
        await slowly(device, pilot, "right", "enter", "enter")
        await keys(pilot, "e", "x", "h")
        assert panel(app)[2] == "  exh_"
        await keys(pilot, "backspace")
        assert panel(app)[2] == "  ex_"


async def test_x_stops_where_nothing_is_typed() -> None:
    device = Emulator()
    app = Terminal(device.shell, {})
    async with app.run_test() as pilot:
        await slowly(device, pilot, "enter")
        assert device.screen.kind == "menu"
        await slowly(device, pilot, "x")
        assert device.screen.kind == "home"


@pytest.mark.parametrize("key", ["space", "enter"])
async def test_a_key_held_down_is_a_long_press_where_one_is_asked_for(key: str) -> None:
    device = Emulator()
    app = Terminal(device.shell, {})
    async with app.run_test() as pilot:
        await slowly(device, pilot, "enter", "left", "enter")
        assert "hold: erase" in panel(app)[-1]
        pass_time(device)
        bars = []
        for _ in range(40):
            await keys(pilot, key)
            pass_time(device, 1 / 30)
            bars.append(bar(app))
        assert device.screen.kind == "pinpad"
        shown = bars[: bars.index(0, 2)]
        assert len(set(shown)) > 10
        assert shown == sorted(shown)


def bar(app: Terminal) -> int:
    """How much of the last line stands out."""
    content = app.query_one("#panel", Static).content
    assert isinstance(content, Content)
    last = str(content).rindex("\n") + 1
    return sum(
        span.end - span.start
        for span in content.spans
        if span.start >= last and "reverse" in str(span.style)
    )


async def test_a_mouse_that_holds_the_button_down_is_a_long_press_too() -> None:
    device = Emulator()
    device.press("ok", "left", "ok")
    app = Terminal(device.shell, {})
    async with app.run_test(size=(80, 24)) as pilot:
        pass_time(device)
        await pilot.mouse_down("#ok")
        async with asyncio.timeout(20):
            while device.screen.kind != "pinpad":
                await pilot.pause(REPEAT_S)
                pass_time(device, REPEAT_S)
        await pilot.mouse_up("#ok")
        sent = len(device._device.past)
        await pilot.pause(3 * REPEAT_S)
        assert len(device._device.past) == sent, "let go"


async def test_the_buttons_can_be_clicked_and_never_take_the_enter_key() -> None:
    device = Emulator()
    app = Terminal(device.shell, {})
    async with app.run_test(size=(80, 24)) as pilot:
        assert [button.id for button in app.query(KeyButton)] == [key.value for key in SIGNS]
        pass_time(device)
        await pilot.click("#ok")
        await pilot.pause()
        assert device.screen.kind == "menu"
        pass_time(device)
        await pilot.click("#stop")
        await pilot.pause()
        assert device.screen.kind == "home"
        pass_time(device)
        await keys(pilot, "enter")
        assert device.screen.kind == "menu"


def test_every_button_of_the_device_is_there() -> None:
    assert set(SIGNS) == set(Key) - {Key.HOLD}


@pytest.mark.parametrize("size", [(30, 10), (33, 24), (80, 11)])
async def test_a_window_too_small_for_the_page_asks_for_room_and_takes_no_yes(
    size: tuple[int, int],
) -> None:
    """T105: an address was cut, and the yes counted."""
    device = Emulator()
    asked = device.request("get_receive_address", ADDRESS)
    app = Terminal(device.shell, LINKS)
    async with app.run_test(size=size) as pilot:
        pass_time(device)
        assert " ".join(panel(app)).startswith("The window is too small for the device.")
        await keys(pilot, "enter")
        assert not asked.answered
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert panel(app)[0].startswith("Your address")
        await keys(pilot, "enter")
        assert not asked.answered, "whole for no time yet"
        pass_time(device)
        await keys(pilot, "enter")
        assert asked.answered


@pytest.mark.parametrize("size", [(34, 12), (40, 14), (60, 17), (200, 60)])
async def test_the_panel_is_whole_in_every_window_that_holds_it(size: tuple[int, int]) -> None:
    device = Emulator()
    device.request("get_receive_address", ADDRESS)
    app = Terminal(device.shell, LINKS)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert app.screen.region.contains_region(app.query_one("#panel").region)
        assert panel(app)[0].startswith("Your address")
        shown = app.query("#state, #links, KeyButton")
        for widget in shown:
            assert not widget.display or app.screen.region.contains_region(widget.region)


async def test_a_warning_is_drawn_as_it_is_painted() -> None:
    device = Emulator()
    device.request("sign_psbt", {"network": "localtest", "psbt": payments()["high fee"]})
    app = Terminal(device.shell, {})
    async with app.run_test(size=(80, 24)):
        content = app.query_one("#panel", Static).content
        assert isinstance(content, Content)
        (reversed_,) = [span for span in content.spans if "reverse" in str(span.style)][:1]
        assert reversed_.start == len(panel(app)[0].ljust(30)) + 1, "the body, not the title"


async def test_a_code_is_drawn_where_it_fits_and_asks_for_room_where_not() -> None:
    device = Emulator()
    device.press("ok", "right", "ok")
    assert device.screen.kind == "qr"
    app = Terminal(device.shell, LINKS)
    async with app.run_test(size=(36, 16)) as pilot:
        assert " ".join(panel(app)).startswith("The window is too small for this code.")
        assert "Make it 37 columns by 20 rows." in " ".join(panel(app))
        await pilot.resize_terminal(120, 60)
        await pilot.pause()
        rows = panel(app)
        assert rows[0].startswith("Account on testnet")
        assert set("".join(rows[1:])) <= set("█▀▄ ")
        assert app.screen.region.contains_region(app.query_one("#panel").region)
        await keys(pilot, "escape")
        assert device.screen.kind == "home"
        assert app.query_one("#panel").content_size == (31, 10)


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
