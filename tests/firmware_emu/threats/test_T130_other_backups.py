"""T130: shares and parts that are wrong, doubled or of another backup, and keys nobody compared."""

import pytest

from firmware_emu.effects import State
from firmware_emu.events import BytesIn, Port
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.text_pad import TextPad
from signer.formats.qr import seedqr
from signer.keys.backups import codex32, seed_xor, slip39
from signer.keys.keyring import Keyring
from signer.keys.seeds import mnemonic
from tests.desk import Desk

CAMERA = Port("air", "camera")
SEED, RANDOM = bytes(range(16)), bytes(range(32))
SHARES = [
    share.words()
    for share in slip39.split(SEED, slip39.SharePlan(1, ((2, 3),), exponent=0), RANDOM)[0]
]
STRANGER = slip39.split(SEED, slip39.SharePlan(1, ((2, 2),), exponent=0), RANDOM)[0][0].words()
GROUPS = [
    [share.words() for share in group]
    for group in slip39.split(
        SEED, slip39.SharePlan(2, ((1, 1), (2, 3), (1, 1)), exponent=0), RANDOM, "secret"
    )
]
CODEX = [share.encode() for share in codex32.split(codex32.from_seed(SEED, "test", 2), 3, RANDOM)]
WHOLE = codex32.from_seed(SEED, "test").encode()
PARTS = seed_xor.split(bytearray(SEED), 3, RANDOM)
FINGERPRINT = Keyring(bytearray(SEED)).fingerprint.hex()


def held_up(text: str) -> BytesIn:
    """A code with bytes of nobody else: they are erased where they come in."""
    return BytesIn(CAMERA, bytes(bytearray(text.encode())))


def asked(kind: str, *choices: str) -> Desk:
    desk = Desk()
    desk.choose("I have a seed")
    for choice in (kind, *choices):
        desk.choose(choice)
    return desk


def spell(desk: Desk, words: tuple[str, ...]) -> None:
    for word in words:
        desk.type(word)
        desk.press("ok")


def flat(desk: Desk) -> str:
    return " ".join(desk.text.split())


def finish(desk: Desk, fingerprint: str = FINGERPRINT) -> None:
    """From the fingerprint to unlocked, and again after a power cut."""
    assert f"Fingerprint {fingerprint}" in desk.text
    desk.press("ok")
    assert "Use this seed?" in desk.text
    desk.press("hold")
    desk.enter_pin()
    desk.enter_pin()
    assert (desk.state, desk.shown[-1].fingerprint) == (State.UNLOCKED, fingerprint)
    desk = desk.power_cut()
    desk.unlock()
    assert desk.shown[-1].fingerprint == fingerprint


def test_two_shares_of_slip39_are_typed() -> None:
    desk = asked("SLIP39 shares", "20 words")
    spell(desk, SHARES[2])
    assert "Share 2 of 2 comes next" in flat(desk)
    desk.dismiss()
    assert "Share 2 of 2" in desk.text
    spell(desk, SHARES[0])
    desk.press("ok")
    finish(desk)


def test_shares_of_groups_under_a_passphrase_are_held_up() -> None:
    desk = asked("SLIP39 shares", "20 words")
    for words, sentence in (
        (GROUPS[1][0], "0 of 2 groups are whole"),
        (GROUPS[0][0], "1 of 2 groups are whole"),
    ):
        desk.happen(held_up(" ".join(words)))
        assert sentence in flat(desk)
        desk.dismiss()
    desk.happen(held_up("\n".join(GROUPS[1][2]).upper()))
    assert isinstance(desk.screen, TextPad)
    desk.type("secret")
    desk.press("ok")
    finish(desk)


def test_a_wrong_passphrase_of_shares_shows_in_the_fingerprint_and_nothing_is_kept() -> None:
    desk = asked("SLIP39 shares", "20 words")
    for words in (GROUPS[0][0], GROUPS[2][0]):
        desk.happen(held_up(" ".join(words)))
        desk.dismiss()
    desk.type("Secret")
    desk.press("ok")
    assert "Fingerprint" in desk.text
    assert FINGERPRINT not in desk.text
    desk.press("stop")
    assert desk.state is State.EMPTY


def test_a_wrong_word_is_found_and_changed_alone() -> None:
    desk = asked("SLIP39 shares", "20 words")
    spell(desk, (*SHARES[0][:9], "zero", *SHARES[0][10:]))
    assert "Share 1: The checksum does not fit" in flat(desk)
    desk.dismiss()
    desk.choose("Look through all words")
    desk.type("10")
    desk.press("ok")
    assert "It was zero" in desk.text
    spell(desk, SHARES[0][9:10])
    assert "Share 2 of 2 comes next" in flat(desk)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(SHARES[1], "This is share 1 again"), (STRANGER, "of another backup")],
)
def test_a_share_that_does_not_belong_is_named_and_the_others_stay(
    words: tuple[str, ...], sentence: str
) -> None:
    desk = asked("SLIP39 shares", "20 words")
    desk.happen(held_up(" ".join(SHARES[1])))
    desk.dismiss()
    desk.happen(held_up(" ".join(words)))
    assert sentence in flat(desk)
    assert "not lost" in flat(desk)
    desk.dismiss()
    desk.happen(held_up(" ".join(SHARES[0])))
    desk.press("ok")
    finish(desk)


def test_a_share_of_a_group_that_is_whole_is_refused() -> None:
    desk = asked("SLIP39 shares", "20 words")
    for words in (GROUPS[1][0], GROUPS[1][1], GROUPS[1][2]):
        desk.happen(held_up(" ".join(words)))
        last = flat(desk)
        desk.dismiss()
    assert "Its group is whole already" in last


def test_a_code_that_is_no_share_takes_no_word() -> None:
    desk = asked("SLIP39 shares", "20 words")
    spell(desk, SHARES[0][:3])
    desk.happen(held_up("abandon " * 12))
    assert "Word 1 is not on the list of SLIP39" in flat(desk)
    desk.dismiss()
    assert "Word 4 of 20" in desk.text


def test_codex32_whole_is_typed_in_either_case() -> None:
    desk = asked("codex32")
    desk.type(WHOLE.upper())
    desk.press("ok")
    finish(desk)


def test_codex32_shares_are_held_up_or_typed() -> None:
    desk = asked("codex32")
    desk.happen(held_up(CODEX[2].upper()))
    desk.press("ok")
    assert "Share 2 of 2 comes next" in flat(desk)
    desk.dismiss()
    desk.type(CODEX[0])
    desk.press("ok")
    finish(desk)


def test_wrong_letters_of_codex32_are_changed_alone() -> None:
    desk = asked("codex32")
    wrong = "q" if WHOLE[20] != "q" else "p"
    desk.type(WHOLE[:20] + wrong + WHOLE[21:])
    desk.press("ok")
    assert "a letter was changed or lost" in flat(desk)
    desk.dismiss()
    desk.choose("Look through all letters")
    desk.type("6")
    desk.press("ok")
    desk.type(WHOLE[20:24])
    desk.press("ok")
    desk.press("ok")
    finish(desk)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(CODEX[1], "Share c was entered already"), (WHOLE, "a whole secret")],
)
def test_codex32_that_does_not_belong_is_named(text: str, sentence: str) -> None:
    desk = asked("codex32")
    desk.type(CODEX[1])
    desk.press("ok")
    desk.dismiss()
    desk.type(text)
    desk.press("ok")
    assert sentence in flat(desk)


def test_parts_of_seed_xor_are_typed_or_held_up() -> None:
    desk = asked("Seed XOR parts", "3 parts", "12 words")
    words = [mnemonic.words_from_entropy(part) for part in PARTS]
    spell(desk, words[2])
    assert "Part 2 of 3" in desk.text
    digits = seedqr.digits(mnemonic.indexes_from_words(words[0])).decode()
    desk.happen(held_up(digits))
    assert "Part 3 of 3" in desk.text
    spell(desk, words[0])
    assert "This is part 2 again" in flat(desk)
    desk.dismiss()
    spell(desk, words[1])
    finish(desk, Keyring(mnemonic.seed_from_entropy(SEED)).fingerprint.hex())


def test_the_code_of_another_part_count_is_refused() -> None:
    desk = asked("Seed XOR parts", "2 parts", "24 words")
    desk.happen(held_up("abandon " * 11 + "about"))
    assert isinstance(desk.screen, Notice)
    assert "another number of words than 24" in flat(desk)
    desk.dismiss()
    assert isinstance(desk.screen, Letters)


def test_stopping_leads_out_and_keeps_nothing() -> None:
    for kind in ("SLIP39 shares", "codex32", "Seed XOR parts"):
        desk = asked(kind)
        before = desk.record
        while not (isinstance(desk.screen, Menu) and desk.screen.title == "Quietkey"):
            desk.press("stop")
        assert desk.record == before


def test_no_passphrase_of_words_goes_with_a_seed_without_words() -> None:
    desk = asked("codex32")
    desk.type(WHOLE)
    desk.press("ok")
    desk.press("hold")
    desk.enter_pin()
    desk.enter_pin()
    desk.use_passphrase("TREZOR")
    assert desk.shown[-1].fingerprint == FINGERPRINT
