"""T137: a wrong password, or a forged envelope, that loads a seed nobody meant, or tells of one."""

import json
from pathlib import Path

import pytest

from firmware_emu.effects import Save, State
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.notice import Question
from firmware_emu.screens.text_pad import TextPad
from signer.keys.seeds import mnemonic
from tests.desk import ABANDON, Desk, unlocked_desk
from tests.envelopes import PASSWORD, held_up, sealed

ZEROS = bytes(16)  # of ABANDON
VECTORS = Path(__file__).parents[2] / "vectors/kef.json"


def asked(data: bytes, password: str = PASSWORD) -> Desk:
    """A new device that was shown the code, and told a password."""
    desk = Desk()
    desk.happen(held_up(data))
    assert isinstance(desk.screen, TextPad)
    desk.type(password)
    desk.press("ok")
    return desk


def test_the_right_password_comes_to_the_fingerprint_and_a_hold() -> None:
    desk = asked(sealed(ZEROS))
    assert isinstance(desk.screen, Question)
    assert "Fingerprint 73c5da0a" in desk.text
    desk.press("ok")
    assert "Load this seed?" in desk.text
    desk.press("hold")
    desk.enter_pin()
    desk.enter_pin()
    assert (desk.state, desk.shown[-1].fingerprint) == (State.UNLOCKED, "73c5da0a")


def test_what_its_inventors_encrypted_is_loaded() -> None:
    case = json.loads(VECTORS.read_text())["computed"][0]
    desk = asked(bytes.fromhex(case["envelope"]), "correct horse battery")
    entropy = bytes.fromhex(case["plaintext"])
    fingerprint = mnemonic.fingerprint_of(mnemonic.words_from_entropy(entropy)).hex()
    assert f"Fingerprint {fingerprint}" in desk.text


def test_a_wrong_password_is_said_and_the_next_one_opens_it() -> None:
    desk = asked(sealed(ZEROS), "a long passwort")
    assert "Not opened" in desk.text
    assert "Nothing is lost" in desk.text
    desk.dismiss()
    assert isinstance(desk.screen, TextPad)
    desk.type(PASSWORD)
    desk.press("ok")
    assert "Fingerprint 73c5da0a" in desk.text


def test_a_forged_envelope_is_the_same_sentence() -> None:
    wrong = asked(sealed(ZEROS), "another")
    forged = asked(sealed(ZEROS)[:-1] + b"\0")
    assert forged.text == wrong.text


def test_one_of_a_stranger_shows_whose_keys_it_has() -> None:
    """Whoever made it knows its password: the fingerprint is all there is to go by."""
    desk = asked(sealed(bytes(range(16)), label=b"73c5da0a"))
    assert "Fingerprint 73c5da0a" not in desk.text
    assert "Fingerprint" in desk.text
    desk.press("stop")
    assert desk.state is State.EMPTY


def test_nothing_of_it_is_kept_and_the_password_is_in_no_record() -> None:
    desk = asked(sealed(ZEROS))
    desk.press("hold")
    desk.enter_pin()
    desk.enter_pin()
    records = [effect.record for effect in desk.log if isinstance(effect, Save)]
    assert records
    assert not [record for record in records if PASSWORD.encode() in record]


def test_the_code_that_is_still_in_view_is_no_password_and_takes_no_letter() -> None:
    data = sealed(ZEROS)
    desk = Desk()
    desk.happen(held_up(data))
    desk.type(PASSWORD)
    for code in (data, data.hex().encode(), b"UR:BYTES/1-2/LPADAO"):
        desk.happen(held_up(code))
    desk.press("ok")
    assert "Fingerprint 73c5da0a" in desk.text


def test_a_password_is_held_up_as_it_is() -> None:
    for password in ("Grüße, 世界", "two\u0301 words "):
        desk = Desk()
        desk.happen(held_up(sealed(ZEROS, password=password)))
        desk.happen(held_up(password.encode() + b"\n"))
        desk.press("ok")
        assert "Fingerprint 73c5da0a" in desk.text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"not a seed, but a note of mine", "The password is right. It holds something else"),
        (b"zoo " * 12, "do not fit together"),
    ],
)
def test_what_is_no_seed_is_said_and_not_shown(text: bytes, sentence: str) -> None:
    desk = asked(sealed(text))
    shown = " ".join(desk.text.split())
    assert sentence in shown
    assert "zoo" not in shown
    assert "note" not in shown
    assert desk.state is State.EMPTY


def test_words_in_it_are_a_seed_as_well() -> None:
    assert "Fingerprint 73c5da0a" in asked(sealed(" ".join(ABANDON).encode())).text


def test_a_device_with_a_seed_keeps_its_own_and_asks_nothing() -> None:
    desk = unlocked_desk()
    record = desk.record
    desk.happen(held_up(sealed(bytes(range(16)))))
    assert "has a seed already" in " ".join(desk.text.split())
    assert desk.record == record


def test_who_stops_is_where_he_was() -> None:
    desk = Desk()
    desk.happen(held_up(sealed(ZEROS)))
    desk.type("half")
    desk.press("stop")
    assert not isinstance(desk.screen, TextPad | Letters)
    assert desk.state is State.EMPTY
