"""T48: public keys tell all addresses of an account. Whom the device tells them, and when.

On the cable an unlocked device answers at once, since its clients ask at every turn and wait a
second: the consent is the PIN. On the screen, for a camera, a person asks for it. A key of another
coin is told only when a person has agreed: its own wallet would ask in words of that coin.
"""

import pytest

from firmware_emu.screens.confirm import Confirm
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


# What HWI and Jade's own client ask for at every turn: the fingerprint's, and accounts'.
ORDINARY = (
    [],
    [H],
    *([purpose + H, 1 + H, H] for purpose in (44, 49, 84, 86, 87)),
    [48 + H, 1 + H, H, 2 + H],
    [45 + H],
    [H, H],
    [84 + H, 1 + H, H, 0, 5],
)


@pytest.mark.parametrize("path", ORDINARY)
def test_what_wallets_ask_for_at_every_turn_is_told_at_once(path: list[int]) -> None:
    desk = unlocked_desk()
    before = len(desk.shown)
    assert "result" in desk.plug().call("get_xpub", {"network": "localtest", "path": path})
    assert not any(isinstance(show.screen, Confirm) for show in desk.shown[before:])


@pytest.mark.parametrize("purpose", [44, 49, 84])
@pytest.mark.parametrize("network", ["localtest", "mainnet"])
def test_a_key_of_another_coin_is_told_when_a_person_agrees(purpose: int, network: str) -> None:
    desk = unlocked_desk()
    asked = {"network": network, "path": [purpose + H, 60 + H, H]}
    cable = desk.plug()
    cable.request("get_xpub", asked)
    assert isinstance(desk.screen, Confirm)
    assert cable.replies() == []
    read = " ".join(" ".join(desk.approve()).split())
    assert f"The path m/{purpose}h/60h/0h belongs to another coin than bitcoin." in read
    assert "Whoever has it can watch all addresses below it." in read
    [reply] = cable.replies()
    assert reply["result"].startswith(("tpub", "xpub"))


def test_a_key_of_another_coin_is_not_told_when_the_person_says_no() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("get_xpub", {"network": "localtest", "path": [44 + H, 60 + H, H]})
    desk.press("stop")
    assert "No key was told." in " ".join(desk.text.split())
    [reply] = cable.replies()
    assert "result" not in reply
