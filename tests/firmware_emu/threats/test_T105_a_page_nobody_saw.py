"""T105: a yes must not count for a page that was cut, or was not there long enough to be read.

How a window asks for room is in `test_terminal.py`.
"""

import pytest

from firmware_emu.core.key_policy import WHOLE_S
from firmware_emu.emulator import Emulator
from firmware_emu.events import KeyPressed, Shown
from firmware_emu.screens import Key

H = 1 << 31
ADDRESS = {"network": "localtest", "path": [84 + H, 1 + H, H, 0, 0], "variant": "wpkh(k)"}


@pytest.mark.parametrize("after", [0.0, 0.2, WHOLE_S - 0.01])
def test_a_yes_before_the_page_could_be_read_does_not_count(after: float) -> None:
    device = Emulator()
    asked = device.request("get_receive_address", ADDRESS)
    device.advance(after)
    device.shell.happen(KeyPressed(Key.OK))
    assert not asked.answered
    device.press("ok")
    assert asked.answered


def test_a_face_that_shows_a_piece_of_the_page_cannot_say_yes() -> None:
    device = Emulator()
    asked = device.request("get_receive_address", ADDRESS)
    device.advance(10)
    device.shell.happen(KeyPressed(Key.OK, is_whole=False))
    assert not asked.answered
    device.advance(1)
    device.shell.happen(KeyPressed(Key.STOP, is_whole=False))
    assert asked.answered, "no is always heard"


def test_a_window_made_larger_shows_the_page_from_then_on() -> None:
    device = Emulator()
    asked = device.request("get_receive_address", ADDRESS)
    device.advance(10)
    device.shell.happen(Shown())
    device.shell.happen(KeyPressed(Key.OK))
    assert not asked.answered
    device.press("ok")
    assert asked.answered


def test_every_view_of_a_page_has_its_own_time() -> None:
    """Whoever hammers on the key reads no further than the first."""
    device = Emulator()
    path = {"path": ADDRESS["path"], "message": "every word of this has to be read. " * 20}
    asked = device.request("sign_message", path)
    seen = set()
    for _ in range(100):
        device.advance(0.2)
        device.shell.happen(KeyPressed(Key.OK))
        seen.add(device.screen.lines)
    assert (asked.answered, len(seen)) == (False, 1)
    device.advance(0.3)
    for _ in range(8):
        device.advance(0.13)
        device.shell.happen(KeyPressed(Key.RIGHT))
    device.shell.happen(KeyPressed(Key.OK))
    assert not asked.answered
