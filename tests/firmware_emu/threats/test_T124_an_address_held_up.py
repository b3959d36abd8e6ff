"""T124: an address on a computer's screen that is not ours, held up to be checked."""

from firmware_emu.events import BytesIn, Port
from firmware_emu.screens.notice import Notice, Question
from tests.desk import Desk, unlocked_desk

OURS = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk"  # m/84h/1h/0h/0/0
THEIRS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"


def held_up(address: str) -> Desk:
    desk = unlocked_desk(network="regtest")
    desk.happen(BytesIn(Port("air", "camera"), address.encode()))
    return desk


def test_an_address_of_ours_is_shown_whole_with_its_path() -> None:
    text = " ".join(held_up(OURS).text.split())
    assert "Yes: your address" in text
    assert "84h/1h/0h/0/0" in text


def test_another_is_an_alarm_that_says_how_far_it_looked() -> None:
    desk = held_up(THEIRS)
    assert isinstance(desk.screen, Question)
    assert "first 200" in " ".join(desk.text.split())
    desk.press("stop")
    assert isinstance(desk.screen, Notice)
    assert desk.screen.is_alarm
    text = " ".join(desk.text.split())
    assert "first 200" in text
    assert "Do not use it." in text


def test_one_changed_letter_is_no_address() -> None:
    text = " ".join(held_up(OURS[:-1] + "q").text.split())
    assert "Not an address here" in text


def test_an_address_of_another_network_names_it() -> None:
    text = " ".join(held_up("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4").text.split())
    assert "an address on mainnet" in text
