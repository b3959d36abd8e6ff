"""T105: a yes must not count for a page that was cut, or was not there long enough to be read.

How a window asks for room is in `test_terminal.py`.
"""

import pytest

from firmware_emu.core.key_policy import WHOLE_S
from firmware_emu.effects import Show
from firmware_emu.emulator import Emulator
from firmware_emu.events import KeyPressed, Shown
from firmware_emu.screens import Key

H = 1 << 31
ADDRESS = {"network": "localtest", "path": [84 + H, 1 + H, H, 0, 0], "variant": "wpkh(k)"}
LONG_TEXT = {"path": ADDRESS["path"], "message": "every word of this has to be read. " * 20}


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


class Watcher:
    """A face that notes which looks are something new to read."""

    def __init__(self) -> None:
        self.news: list[bool] = []

    def show(self, show: Show) -> None:
        self.news.append(show.is_new)


def test_every_view_of_a_page_has_its_own_time_and_a_cursor_has_none() -> None:
    device, face = Emulator(), Watcher()
    device.watch(face)
    device.press("ok", "right")
    assert face.news == [True, True, False]
    device.press("stop")
    device.request("sign_message", LONG_TEXT)
    device.press("hold")  # it warns of its length
    face.news.clear()
    device.press("right", "left", "right")
    assert face.news == [True] * 3


def test_whoever_hammers_on_the_key_reads_no_further_than_the_first_view() -> None:
    device = Emulator()
    asked = device.request("sign_message", LONG_TEXT)
    device.press("hold")
    seen = set()
    for _ in range(100):
        device.advance(0.2)
        device.shell.happen(KeyPressed(Key.OK))
        seen.add(device.screen.lines)
    assert (asked.answered, len(seen)) == (False, 1)
