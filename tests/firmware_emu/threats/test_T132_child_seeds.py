"""T132: a child seed that is shown, or whose keys sign, without the PIN, a hold and a look."""

import hmac
from hashlib import pbkdf2_hmac

import pytest

from firmware_emu.effects import Save, State
from firmware_emu.screens.menu import Number
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.words import Words
from signer.keys.keyring import Keyring
from signer.keys.seeds import mnemonic
from tests import memory
from tests.desk import ABANDON, Desk, unlocked_desk

HARDENED = 1 << 31
PLAIN = "73c5da0a"


def expected(count: int, number: int) -> tuple[str, ...]:
    """The words of a child of the test seed, by the book (BIP85), without our keys."""
    node = memory.master(pbkdf2_hmac("sha512", " ".join(ABANDON).encode(), b"mnemonic", 2048))
    for step in (83696968, 39, 0, count, number):
        node = memory.child(*node, step + HARDENED)
    entropy = hmac.digest(b"bip-entropy-from-k", node[0], "sha512")
    return mnemonic.words_from_entropy(entropy[: count * 4 // 3])


def fingerprint(words: tuple[str, ...]) -> str:
    return mnemonic.fingerprint_of(words).hex()


def at_purpose(count: int = 12, number: int = 5) -> Desk:
    desk = unlocked_desk()
    desk.press("ok")
    desk.choose("Child seed (BIP85)")
    desk.choose(f"{count} words")
    assert isinstance(desk.screen, Number)
    desk.type(str(number))
    desk.press("ok")
    return desk


@pytest.mark.parametrize(("count", "number"), [(12, 0), (24, 5), (18, HARDENED - 1)])
def test_its_words_are_shown_after_the_pin_and_a_hold_and_asked_back(
    count: int, number: int
) -> None:
    words = expected(count, number)
    desk = at_purpose(count, number)
    desk.choose("Show its words")
    desk.enter_pin()
    assert PLAIN in desk.text
    assert f"Fingerprint {fingerprint(words)}" in desk.text
    desk.press("ok")
    assert not isinstance(desk.screen, Words)
    desk.press("hold")
    assert desk.copy_words() == words
    desk.answer_words(words)
    assert "Written down" in desk.text
    desk.dismiss()
    assert desk.shown[-1].fingerprint == PLAIN


def test_a_wrong_pin_shows_nothing() -> None:
    desk = at_purpose()
    desk.choose("Show its words")
    assert isinstance(desk.screen, PinPad)
    desk.enter_pin("654321")
    assert "7 tries left" in desk.text
    desk.press("ok", "stop")
    assert not any(isinstance(show.screen, Words) for show in desk.shown)
    assert desk.shown[-1].fingerprint == PLAIN


def test_its_keys_are_used_after_a_hold_and_say_so_until_the_lock() -> None:
    child = fingerprint(expected(12, 5))
    desk = at_purpose()
    before = desk.record
    desk.choose("Use its keys now")
    assert isinstance(desk.screen, PinPad)
    desk.enter_pin()
    assert f"Now {PLAIN}" in desk.text
    assert f"Then {child}" in desk.text
    desk.press("ok")
    assert desk.shown[-1].fingerprint == PLAIN
    desk.press("hold")
    assert desk.shown[-1].fingerprint == child
    assert "BIP85 child 5" in desk.text
    assert desk.record == before
    desk.lock()
    desk.unlock()
    assert (desk.state, desk.shown[-1].fingerprint) == (State.UNLOCKED, PLAIN)


def test_the_largest_number_fits_the_home_screen() -> None:
    desk = at_purpose(number=HARDENED - 1)
    desk.choose("Use its keys now")
    desk.enter_pin()
    desk.press("hold")
    assert "BIP85 child 2147483647" in desk.text


def test_it_is_of_the_keys_in_use() -> None:
    desk = unlocked_desk()
    desk.use_passphrase("TREZOR")
    desk.press("ok")
    desk.choose("Child seed (BIP85)")
    desk.choose("12 words")
    desk.press("ok")
    desk.choose("Use its keys now")
    desk.enter_pin()
    assert "Now b4e3f5ed" in desk.text
    assert fingerprint(expected(12, 0)) not in desk.text
    desk.press("stop")
    desk.dismiss()
    assert desk.shown[-1].fingerprint == "b4e3f5ed"


def test_nothing_of_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    wiped = list[Keyring]()
    right = Keyring.wipe
    monkeypatch.setattr(Keyring, "wipe", lambda keys: (wiped.append(keys), right(keys))[1])
    desk = at_purpose()
    desk.choose("Show its words")
    desk.enter_pin()
    desk.press("stop")
    assert fingerprint(expected(12, 5)) in {keys.fingerprint.hex() for keys in wiped}
    entropy = bytes(mnemonic.entropy_from_words(expected(12, 5)))
    assert not any(entropy in effect.record for effect in desk.log if isinstance(effect, Save))
