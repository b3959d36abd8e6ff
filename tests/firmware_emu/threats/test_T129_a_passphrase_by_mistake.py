"""T129: other keys that nobody meant: a wrong letter, a code in view, a key held too long."""

import pytest

from firmware_emu.effects import Save, State
from firmware_emu.events import BytesIn, KeyPressed, Port, Typed
from firmware_emu.screens import Key
from firmware_emu.screens.text_pad import TextPad
from tests.desk import PIN, Desk, unlocked_desk

CAMERA = Port("air", "camera")
PLAIN, TREZOR = "73c5da0a", "b4e3f5ed"


def fresh(text: str) -> bytes:
    """Bytes of nobody else: they are erased where they come in."""
    return bytes(bytearray(text.encode()))


def at_pad() -> Desk:
    desk = unlocked_desk()
    desk.press("ok")
    desk.choose("Passphrase")
    return desk


def test_both_fingerprints_are_read_and_a_hold_is_needed() -> None:
    desk = at_pad()
    desk.type("TREZOR")
    desk.press("ok")
    desk.enter_pin()
    assert f"Now {PLAIN}" in desk.text
    assert f"Then {TREZOR}" in desk.text
    desk.press("ok")
    assert "Use these keys?" in desk.text
    assert desk.shown[-1].fingerprint == PLAIN
    desk.press("hold")
    assert (desk.state, desk.shown[-1].fingerprint) == (State.UNLOCKED, TREZOR)
    assert "with a passphrase" in desk.text


def test_who_says_no_keeps_the_keys() -> None:
    desk = at_pad()
    desk.type("TREZOR")
    desk.press("ok")
    desk.enter_pin()
    desk.press("stop")
    desk.dismiss()
    assert desk.shown[-1].fingerprint == PLAIN
    assert "passphrase" not in desk.text


def test_a_paste_is_no_yes_to_itself() -> None:
    desk = at_pad()
    for character in "TREZOR":
        desk.happen(Typed(character))
    desk.happen(KeyPressed(Key.OK))
    assert isinstance(desk.screen, TextPad)


def test_it_is_gone_with_the_lock_and_never_in_flash() -> None:
    desk = unlocked_desk()
    before = desk.record
    desk.use_passphrase("TREZOR")
    assert desk.record == before
    saved = b"".join(effect.record for effect in desk.log if isinstance(effect, Save))
    assert b"TREZOR" not in saved
    desk.lock()
    desk.unlock()
    assert desk.shown[-1].fingerprint == PLAIN


def test_it_is_gone_when_nobody_is_there() -> None:
    desk = unlocked_desk()
    desk.use_passphrase("TREZOR")
    desk.tick(601.0)
    assert desk.state is State.LOCKED
    desk.unlock()
    assert desk.shown[-1].fingerprint == PLAIN


def test_an_empty_one_takes_it_away_and_says_whose_keys_come() -> None:
    desk = unlocked_desk()
    desk.use_passphrase("TREZOR")
    desk.press("ok")
    desk.choose("Passphrase")
    assert "Leave it empty to have none." in " ".join(desk.text.split())
    desk.press("ok")
    desk.enter_pin()
    assert f"Then {PLAIN}" in desk.text
    desk.press("hold")
    assert desk.shown[-1].fingerprint == PLAIN
    assert "passphrase" not in desk.text


def test_nothing_entered_and_the_same_again_change_nothing_and_say_so() -> None:
    desk = at_pad()
    desk.press("ok")
    assert "Nothing was entered" in desk.text
    desk.dismiss()
    desk.use_passphrase("TREZOR")
    desk.press("ok")
    desk.choose("Passphrase")
    desk.type("TREZOR")
    desk.press("ok")
    desk.enter_pin()
    assert "in use already" in desk.text


def test_a_wrong_pin_makes_no_keys() -> None:
    desk = at_pad()
    desk.type("TREZOR")
    desk.press("ok")
    desk.enter_pin(PIN[::-1])
    assert "7 tries left" in desk.text
    assert desk.shown[-1].fingerprint == PLAIN


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_code_is_taken_where_it_is_waited_for_and_erased(end: str) -> None:
    desk = at_pad()
    data = fresh("TREZOR" + end)
    desk.happen(BytesIn(CAMERA, data))
    assert not any(data)
    assert "******" in desk.text
    assert "TREZOR" not in desk.text
    desk.press("ok")
    later = fresh("TREZOR" + end)  # it is still in view
    desk.happen(BytesIn(CAMERA, later))
    assert not any(later)
    desk.enter_pin()
    desk.press("hold")
    assert desk.shown[-1].fingerprint == TREZOR


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("abandon " * 11 + "about", "That is a seed"),
        ("ur:crypto-psbt/1-2/lpadaocfadiacyylqdglhlhkadtd", "part of something else"),
        ("B$2P0100AAAA", "part of something else"),
        ("two\nlines", "one line"),
        ("x" * 257, "at most 256"),
    ],
)
def test_a_code_that_nobody_means_is_named_and_nothing_taken(text: str, sentence: str) -> None:
    desk = at_pad()
    desk.happen(BytesIn(CAMERA, fresh(text)))
    assert sentence in " ".join(desk.text.split())
    assert isinstance(desk.screen, TextPad)
    assert desk.screen.length == 0


def test_words_that_are_no_seed_may_be_a_passphrase() -> None:
    desk = at_pad()
    desk.happen(BytesIn(CAMERA, fresh("zoo " * 12)))
    assert isinstance(desk.screen, TextPad)
    assert desk.screen.length == 48


def test_no_cable_brings_one_while_it_is_waited_for() -> None:
    desk = at_pad()
    desk.plug().send(b"TREZOR")
    assert isinstance(desk.screen, TextPad)
    assert desk.screen.length == 0


def test_nothing_else_is_a_passphrase_where_none_is_waited_for() -> None:
    desk = unlocked_desk()
    desk.happen(BytesIn(CAMERA, fresh("TREZOR")))
    desk.dismiss()
    assert desk.shown[-1].fingerprint == PLAIN


def test_picked_with_four_keys_it_is_the_same() -> None:
    """TREZOR, letter by letter, where there is no keyboard."""
    desk = at_pad()
    pad = desk.screen
    assert isinstance(pad, TextPad)
    desk.press("left", "left", "ok")  # from finish to the name of the next letters
    for letter in "TREZOR":
        assert isinstance(desk.screen, TextPad)
        items = 29
        steps = (ord(letter) - ord("A") - desk.screen.cursor) % items
        desk.press(*["right"] * steps, "ok")
    assert "*****R" in desk.text
    while "[finish]" not in desk.text:
        desk.press("left")
    desk.press("ok")
    desk.enter_pin()
    assert f"Then {TREZOR}" in desk.text
