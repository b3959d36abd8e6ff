"""A code that is held up while a person is at the keys: taken, or said, and nothing is lost."""

from functools import cache

import pytest

from firmware_emu.effects import State
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.home import Home
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu, Number
from firmware_emu.screens.notice import Notice, Question
from firmware_emu.screens.qr import Qr
from firmware_emu.screens.scan import Scan
from firmware_emu.screens.words import Words
from signer.formats.qr import parts, ur
from tests import psbts
from tests.desk import Desk, unlocked_desk

SEED_QR = "0000" * 11 + "0003"
CAMERA = ("air", "camera")


@cache
def record() -> bytes | None:
    return unlocked_desk().record


def awake() -> Desk:
    desk = Desk(record())
    desk.unlock()
    return desk


def hold_up(desk: Desk, *texts: str) -> None:
    for text in texts:
        desk.plug(*CAMERA).send(bytes(bytearray(text.encode())))


def payment(n_inputs: int = 1, size: int = 5000) -> tuple[str, ...]:
    return parts.split(ur.from_psbt(psbts.build(psbts.keyring(), n_inputs)), size)


def signed_desk() -> Desk:
    """It shows the codes of a payment that a person has just signed."""
    desk = awake()
    hold_up(desk, *payment())
    desk.approve()
    assert isinstance(desk.screen, Qr)
    desk.tick(3.0)
    return desk


# In the menu


@pytest.mark.parametrize(
    "presses",
    [
        ("ok",),
        ("ok", "right", "right"),
        ("ok", "right", "right", "right", "ok"),
        ("ok", "right", "right", "right", "ok", "ok"),
    ],
    ids=["menu", "item", "kinds", "number"],
)
def test_a_payment_is_taken_from_within_the_menu(presses: tuple[str, ...]) -> None:
    desk = awake()
    desk.press(*presses)
    assert isinstance(desk.screen, Menu | Number)
    hold_up(desk, *payment())
    assert isinstance(desk.screen, Confirm)
    desk.press("stop")
    assert "Nothing was signed." in desk.text


def test_a_word_of_what_is_no_use_is_said_in_the_menu_too() -> None:
    desk = awake()
    desk.press("ok")
    hold_up(desk, "0x" + "ab" * 20)
    assert "address of another chain" in " ".join(desk.text.split())
    desk.press("ok")
    assert isinstance(desk.screen, Home)


def test_how_far_a_scan_is_shows_in_the_menu() -> None:
    desk = awake()
    desk.press("ok")
    codes = payment(20, 200)
    hold_up(desk, *codes[:5])
    assert isinstance(desk.screen, Scan)
    hold_up(desk, *codes[5:])
    assert isinstance(desk.screen, Confirm)


def test_a_host_on_a_cable_does_not_take_the_menu_away() -> None:
    desk = awake()
    desk.press("ok")
    cable = desk.plug()
    path = [84 + (1 << 31), 1 + (1 << 31), 1 << 31, 0, 0]
    asked = {"network": "testnet", "path": path, "variant": "wpkh(k)"}
    cable.request("get_receive_address", asked)
    assert isinstance(desk.screen, Menu)
    desk.press("stop")
    assert isinstance(desk.screen, Confirm)


# While an answer is shown


@pytest.mark.parametrize(
    "stray",
    ["0x" + "ab" * 20, "nothing that anyone knows", SEED_QR, "UR:CRYPTO-PSBT/1-9/LPAD", "B$ZP02"],
    ids=["another chain", "unknown", "seed", "damaged UR", "damaged BBQr"],
)
def test_a_stray_code_leaves_the_codes_of_a_signed_payment(stray: str) -> None:
    desk = signed_desk()
    shown = desk.screen
    hold_up(desk, stray)
    assert isinstance(desk.screen, Qr)
    assert isinstance(shown, Qr)
    assert desk.screen.frames == shown.frames
    desk.press("ok")
    assert isinstance(desk.screen, Notice)  # it is said behind them
    desk.press("ok")
    assert isinstance(desk.screen, Home)


def test_another_payment_takes_the_place_of_the_codes() -> None:
    desk = signed_desk()
    hold_up(desk, *payment(2))
    assert isinstance(desk.screen, Confirm)


def test_the_same_payment_waits_behind_its_codes_and_they_say_so() -> None:
    desk = signed_desk()
    hold_up(desk, *payment())
    assert isinstance(desk.screen, Qr)
    assert desk.screen.summary.endswith(", a request waits")
    assert "a request waits" in " ".join(desk.text.split())
    desk.type("c")
    assert isinstance(desk.screen, Qr)
    assert desk.screen.is_awaited
    desk.press("ok")
    assert isinstance(desk.screen, Confirm)


def test_an_account_on_the_screen_makes_way_for_a_payment_and_for_nothing_else() -> None:
    desk = awake()
    desk.press("ok")
    desk.choose("Show account")
    hold_up(desk, "0x" + "ab" * 20)
    assert isinstance(desk.screen, Qr)
    hold_up(desk, *payment())
    assert isinstance(desk.screen, Confirm)


def test_a_host_on_a_cable_does_not_take_the_codes_away() -> None:
    desk = signed_desk()
    path = [84 + (1 << 31), 1 + (1 << 31), 1 << 31, 0, 0]
    asked = {"network": "testnet", "path": path, "variant": "wpkh(k)"}
    desk.plug().request("get_receive_address", asked)
    assert isinstance(desk.screen, Qr)
    desk.press("ok")
    assert isinstance(desk.screen, Confirm)


# A new device


@pytest.mark.parametrize(
    "presses",
    [(), ("right",), ("right", "ok"), ("right", "ok", "ok"), ("ok",)],
    ids=["start", "item", "how many", "first word", "dice"],
)
def test_a_seed_is_offered_as_long_as_nothing_was_entered(presses: tuple[str, ...]) -> None:
    desk = Desk()
    desk.press(*presses)
    hold_up(desk, SEED_QR)
    assert isinstance(desk.screen, Question)
    assert "73c5da0a" in desk.text
    desk.press("hold")
    desk.enter_pin()
    desk.enter_pin()
    assert desk.state is State.UNLOCKED


def test_words_that_were_entered_are_not_taken_away() -> None:
    desk = Desk()
    desk.press("right", "ok", "ok")
    desk.type("abandon")
    desk.press("ok")
    hold_up(desk, SEED_QR)
    assert isinstance(desk.screen, Letters)
    assert "Word 2" in desk.text
    desk.press("stop")
    hold_up(desk, SEED_QR)  # it was in view all along
    assert isinstance(desk.screen, Question)  # and is offered once nothing is lost


def test_words_that_are_written_down_are_not_taken_away() -> None:
    desk = Desk()
    desk.choose("New wallet")
    desk.press("hold", "ok")
    assert isinstance(desk.screen, Words)
    hold_up(desk, SEED_QR)
    assert isinstance(desk.screen, Words)
