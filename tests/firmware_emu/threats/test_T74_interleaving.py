"""T74: messages of two hosts, or of one host at two times, must not get mixed up."""

import pytest

from firmware_emu.screens.confirm import Confirm
from tests import psbts
from tests.desk import Cable, Desk, unlocked_desk

WPKH = psbts.build(psbts.keyring(), 1, "wpkh")
TAPROOT = psbts.build(psbts.keyring(), 1, "tr")


def sign(cable: Cable, raw: bytes) -> str:
    return cable.request("sign_psbt", {"network": "localtest", "psbt": raw})


def two() -> tuple[Desk, Cable, Cable]:
    desk = unlocked_desk()
    return desk, desk.fresh_port(), desk.fresh_port()


def test_a_second_payment_waits_and_each_host_gets_its_own() -> None:
    desk, one, other = two()
    sign(one, WPKH)
    asked = desk.screen
    sign(other, TAPROOT)
    assert desk.screen == asked
    desk.approve()
    assert one.replies()[0]["result"] == psbts.sign(WPKH, psbts.keyring())
    assert other.replies()[0]["result"] == psbts.sign(TAPROOT, psbts.keyring())


@pytest.mark.parametrize("pressed", range(3))
def test_a_new_message_during_approval_changes_nothing_of_it(pressed: int) -> None:
    desk, one, other = two()
    sign(one, WPKH)
    desk.press(*["hold"] * pressed)
    before = desk.screen
    other.send(b"\xff" * 100)
    sign(other, TAPROOT)
    one.send(b"\xa2")
    assert desk.screen == before
    desk.press("stop")
    assert one.replies()[0]["error"]["code"] == -32000


def test_what_is_stopped_for_one_is_asked_anew_for_the_other() -> None:
    desk, one, other = two()
    sign(one, WPKH)
    sign(other, WPKH)
    desk.press("stop")
    assert isinstance(desk.screen, Confirm)
    assert "1 of" in desk.text
    assert other.replies() == []


def test_nobody_fetches_the_rest_of_anothers_answer() -> None:
    desk, one, other = two()
    other.call("ping")
    raw = psbts.build(psbts.keyring(), 20, "wpkh")
    name = sign(one, raw)
    desk.approve()
    params = {"origid": name, "orig": "sign_psbt", "seqnum": 2, "seqlen": 3}
    params["seqlen"] = one.replies()[0]["seqlen"]
    assert other.call("get_extended_data", params)["error"]["message"] == "Unexpected method"
    assert one.call("get_extended_data", params)["seqnum"] == 2


def test_a_chunk_is_given_once() -> None:
    desk, one, _ = two()
    name = sign(one, psbts.build(psbts.keyring(), 20, "wpkh"))
    desk.approve()
    params = {"origid": name, "orig": "sign_psbt", "seqnum": 2}
    params["seqlen"] = one.replies()[0]["seqlen"]
    assert one.call("get_extended_data", params)["seqnum"] == 2
    assert one.call("get_extended_data", params)["error"]["code"] == -32001
