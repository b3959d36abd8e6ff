"""T107: a host that shows an address of its own. A no on the device is an alarm, not a farewell."""

import pytest

from firmware_emu.emulator import DeviceError, Emulator
from firmware_emu.paint.canvas import LIGHT
from firmware_emu.paint.paint import paint
from firmware_emu.screens import COLUMNS
from firmware_emu.screens.notice import Notice
from tests import psbts
from tests.desk import Desk, unlocked_desk

H = 1 << 31
USUAL = [84 + H, 1 + H, H, 0, 0]
UNUSUAL = [84 + H, 1 + H, H, 5, 0]
DECLINED = "User declined to confirm address"


def asked(desk: Desk, path: list[int]) -> None:
    params = {"network": "localtest", "path": path, "variant": "wpkh(k)"}
    desk.plug().request("get_receive_address", params)


def test_a_no_on_the_address_says_not_to_use_it_and_what_to_do() -> None:
    desk = unlocked_desk()
    asked(desk, USUAL)
    desk.press("stop")
    assert isinstance(desk.screen, Notice)
    assert desk.screen.is_alarm
    assert "Do not use this address." in desk.screen.lines()
    assert "Give it to nobody." in desk.text


def test_the_whole_alarm_is_on_the_panel_and_painted_as_a_warning() -> None:
    desk = unlocked_desk()
    asked(desk, USUAL)
    desk.press("stop")
    alarm = desk.screen
    assert isinstance(alarm, Notice)
    shown = " ".join(" ".join(alarm.lines()[1:-1]).split())
    assert shown == " ".join(alarm.sentences)
    quiet = Notice(alarm.title, alarm.sentences)
    light = [paint(screen).pixels().count(LIGHT) for screen in (alarm, quiet)]
    assert light[0] > 2 * light[1]
    assert len(alarm.title) <= COLUMNS


def test_a_no_on_a_warning_before_it_is_no_alarm() -> None:
    """The address was not seen yet, so nothing is known of it."""
    desk = unlocked_desk()
    asked(desk, UNUSUAL)
    assert desk.text.startswith("Look twice")
    desk.press("stop")
    assert desk.screen == Notice("Stopped", ("You stopped it.", "Nothing was signed."))
    asked(desk, UNUSUAL)
    desk.press("ok", "hold", "stop")
    assert isinstance(desk.screen, Notice)
    assert desk.screen.is_alarm


@pytest.mark.parametrize("path", [USUAL, UNUSUAL])
def test_the_host_is_told_that_an_address_was_declined_and_nothing_else(path: list[int]) -> None:
    device = Emulator()
    params = {"network": "localtest", "path": path, "variant": "wpkh(k)"}
    request = device.request("get_receive_address", params)
    device.reject()
    with pytest.raises(DeviceError, match=DECLINED) as declined:
        request.result()
    assert declined.value.code == -32000
    device.press("ok")
    payment = {"network": "localtest", "psbt": psbts.build(psbts.keyring())}
    other = device.request("sign_psbt", payment)
    device.reject()
    with pytest.raises(DeviceError) as refused:
        other.result()
    assert str(refused.value) != str(declined.value)
    assert "Do not use" not in device.screen.text
