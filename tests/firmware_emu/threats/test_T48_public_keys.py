"""T48: public keys tell all addresses of an account. Whom the device tells them, and when.

On the cable an unlocked device answers at once, since its clients ask at every turn and wait a
second: the consent is the PIN. On the screen, for a camera, a person asks for it.
"""

import pytest

from firmware_emu.screens.qr import Qr
from tests.desk import Desk, unlocked_desk

H = 1 << 31
ACCOUNT = {"network": "localtest", "path": [84 + H, 1 + H, H]}


@pytest.mark.parametrize("desk", [Desk(), Desk(unlocked_desk().record)])
def test_without_the_pin_no_public_key_is_told(desk: Desk) -> None:
    assert desk.plug().call("get_xpub", ACCOUNT)["error"]["code"] == -32002


def test_after_locking_no_public_key_is_told() -> None:
    desk = unlocked_desk()
    assert "result" in desk.plug().call("get_xpub", ACCOUNT)
    desk.lock()
    assert desk.plug().call("get_xpub", ACCOUNT)["error"]["code"] == -32002


def test_the_screen_shows_an_account_only_when_a_person_asks_for_it() -> None:
    desk = unlocked_desk()
    desk.plug().call("get_xpub", ACCOUNT)
    assert not any(isinstance(show.screen, Qr) for show in desk.shown)
    desk.press("ok")
    desk.choose("Show account")
    assert isinstance(desk.screen, Qr)
