"""T104: a key held down, a paste or a cat must not sign, erase or cost a PIN try.

The same for 10 000 trains: `python -m tests.trains`.
"""

import socket
from pathlib import Path

import pytest

from firmware_emu.core.key_policy import KeyPolicy, gesture
from firmware_emu.emulator import PIN, Emulator, EmulatorProcess, sealed_record
from firmware_emu.events import KeyPressed, Typed
from firmware_emu.screens import Asking, Key, Screen
from signer.formats import cbor
from tests import trains
from tests.gallery.device import payments
from tests.keyboard import keyboard
from tests.nights import cases

SIGN = {"network": "localtest", "psbt": payments()["high fee"]}
REPEAT_S = 1 / 30


def held(device: Emulator, seconds: float, every: float = REPEAT_S) -> None:
    """OK, down for so long."""
    for _ in range(round(seconds / every) + 1):
        device.shell.happen(KeyPressed(Key.OK))
        device.advance(every)


@pytest.mark.parametrize(("face", "count"), [("shell", 50), ("remote", 50), ("terminal", 14)])
async def test_random_trains_of_keys_do_nothing_nobody_meant(face: str, count: int) -> None:
    assert await trains.main(count, face) == {"signatures": 0, "erasures": 0, "tries": 0}


@pytest.mark.parametrize("face", cases(["shell", "remote", "terminal"], {"shell", "remote"}))
async def test_the_trains_would_find_a_device_that_takes_every_key(
    face: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the figure above is worth: the same keys, and nothing that judges them."""

    def believe(_self: object, key: Key, _at_s: float, screen: Screen, *, is_whole: bool) -> Key:
        is_held = key is Key.OK and isinstance(screen, Asking) and screen.asks_hold
        return Key.HOLD if is_held and is_whole else key

    monkeypatch.setattr(KeyPolicy, "press", believe)
    monkeypatch.setattr(KeyPolicy, "typed", lambda _self, _at_s: True)
    done = await trains.main(28, face)
    assert min(done["signatures"], done["tries"]) > 0


async def test_a_person_at_the_terminal_s_keyboard_signs() -> None:
    """The same bytes with time between them: it is not that no key arrives."""
    device = Emulator()
    asked = device.request("sign_psbt", {"network": "localtest", "psbt": payments()["payment"]})
    async with keyboard() as fed:
        with fed.plugged_into(device):
            for pressed in (Key.OK, Key.OK, Key.HOLD):
                for seconds, key in gesture(pressed):
                    await fed.wait(device, seconds)
                    await fed.press(key)
    assert asked.result


@pytest.mark.parametrize("marks", [("", ""), ("\x1b[200~", "\x1b[201~")])
async def test_a_paste_into_the_terminal_says_yes_to_nothing(marks: tuple[str, str]) -> None:
    """Marked as a paste by the terminal, or not."""
    device = Emulator()
    asked = device.request("sign_psbt", SIGN)
    title = device.screen.lines[0]
    async with keyboard() as fed:
        with fed.plugged_into(device):
            for text in (" \r" * 8, "\r" * 200, "yes\n" * 20):
                await fed.wait(device, 2)
                await fed.type(marks[0] + text + marks[1])
    assert not asked.answered
    assert device.screen.lines[0] == title


@pytest.mark.parametrize("wait", [0.0, 0.3, 0.5, 5.0])
def test_a_key_held_down_passes_one_warning_and_nothing_after_it(wait: float) -> None:
    """A second on the space bar passed all pages of a fee of 7 025 %, signed and sent it."""
    device = Emulator()
    asked = device.request("sign_psbt", SIGN)
    title = device.screen.lines[0]
    device.advance(wait)
    held(device, 10)
    assert not asked.answered
    assert device.screen.kind == "confirm"
    assert (device.screen.lines[0] == title) is (wait < 0.4), "the warning alone was passed"


def test_a_page_asked_for_while_a_key_is_down_takes_none_of_it() -> None:
    """Leaning on the key that made the wallet ask."""
    device = Emulator()
    held(device, 0.4)
    asked = device.request("sign_psbt", SIGN)
    title = device.screen.lines[0]
    held(device, 5)
    assert (asked.answered, device.screen.lines[0]) == (False, title)


def test_eight_yeses_in_one_burst_are_one_at_most() -> None:
    device = Emulator()
    asked = device.request("sign_psbt", SIGN)
    device.advance(1)
    first = device.screen.lines[0]
    for _ in range(16):
        device.shell.happen(KeyPressed(Key.OK))
    assert (asked.answered, device.screen.lines[0]) == (False, first)


@pytest.mark.parametrize("texts", [[], ["1234"]])
def test_a_real_process_takes_no_burst_for_consent(tmp_path: Path, texts: list[str]) -> None:
    """Hundreds of presses, as fast as the socket takes them."""
    with EmulatorProcess(tmp_path / "device.flash", sealed_record()) as device:
        device.unlock()
        with socket.create_connection(device.address, 20) as host:
            host.sendall(cbor.encode({"id": "1", "method": "sign_psbt", "params": SIGN}))
            title = device.wait_for("confirm").lines[0]
            for _ in range(200):
                for text in texts:
                    device.say({"type": text})
                device.say({"press": "ok"})
            device.advance(0)
            assert device.screen.lines[0] == title
            host.setblocking(False)
            with pytest.raises(BlockingIOError):
                host.recv(1)


def test_taps_do_not_erase_and_a_long_press_alone_does_not_either() -> None:
    device = Emulator()
    device.press("ok", "left", "ok")
    assert device.screen.lines[0].startswith("Erase the seed?")
    for _ in range(60):
        device.press("ok")
    assert device.screen.kind == "question"
    device.press("hold")
    assert (device.screen.kind, device.screen.state) == ("pinpad", "unlocked")


def test_a_pin_that_is_pasted_with_its_new_line_costs_no_try() -> None:
    device = Emulator(locked=True)
    device.press("ok")
    kept = device.flash.writes[-1]
    device.advance(1)
    device.shell.happen(Typed("9999"))
    device.shell.happen(KeyPressed(Key.OK))
    assert (device.screen.kind, device.flash.writes[-1]) == ("pinpad", kept)
    device.type("\b" * 4 + PIN)
    assert device.press("ok").state == "unlocked", "a key of its own finishes it"


def test_what_was_pressed_while_the_pin_was_checked_does_nothing_afterwards() -> None:
    """Arithmetic takes a second; keys wait, and bear the time they came."""
    device = Emulator()
    device.advance(5)
    stale = device._clock.now_s - 1
    device.request("sign_psbt", SIGN)
    device.press("hold")
    title = device.screen.lines[0]
    for key in (Key.OK, Key.RIGHT, Key.LEFT):
        device.shell.happen(KeyPressed(key, stale))
    assert device.screen.lines[0] == title
