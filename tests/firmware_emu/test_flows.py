"""Conversations with a person, as they are seen on the screen."""

import pytest

from firmware_emu.effects import Save, State
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.screens.dice import Dice
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.qr import Qr
from firmware_emu.screens.words import Words
from firmware_emu.storage import vault
from signer.formats import account
from signer.formats.payload import reader
from signer.formats.payload.values import AccountKeys
from signer.formats.qr.parts import Limits, PartCollector
from signer.formats.qr.ur import Ur
from signer.keys.path import render
from signer.keys.seeds.mnemonic import entropy_from_words
from tests.desk import ABANDON, PIN, Desk, unlocked_desk

TWENTY_FOUR = ("abandon",) * 23 + ("art",)


# A new seed


def test_a_new_wallet_shows_twelve_words_that_bring_it_back() -> None:
    desk = Desk()
    words = desk.create()
    assert len(entropy_from_words(words)) == 16
    again = unlocked_desk(words)
    assert desk.shown[-1].fingerprint == again.shown[-1].fingerprint != ""


def test_what_is_kept_opens_to_the_same_keys_after_a_power_cut() -> None:
    desk = Desk()
    desk.create()
    fingerprint = desk.shown[-1].fingerprint
    desk = desk.power_cut()
    assert (desk.state, desk.shown[-1].fingerprint) == (State.LOCKED, "")
    desk.unlock()
    assert (desk.state, desk.shown[-1].fingerprint) == (State.UNLOCKED, fingerprint)


def words_of(entropy: bytes = bytes(32), shaken: bytes = b"", rolls: str = "") -> tuple[str, ...]:
    desk = Desk(entropy=entropy)
    if shaken:
        desk.shake(shaken)
    return desk.create(rolls=rolls)


def test_every_source_of_randomness_changes_the_seed() -> None:
    seeds = {
        words_of(),
        words_of(entropy=bytes(31) + b"\x01"),
        words_of(shaken=b"\x01" * 32),
        words_of(rolls="1"),
        words_of(rolls="11"),
        words_of(rolls="1" * 50),
    }
    assert len(seeds) == 6


def test_randomness_from_the_host_is_only_ever_stirred_in() -> None:
    desk = Desk(entropy=bytes(32))
    desk.plug().call("add_entropy", {"entropy": b"host"})
    assert desk.create() != words_of()


def test_a_wrong_word_shows_the_words_again() -> None:
    desk = Desk()
    desk.choose("New wallet")
    desk.press("hold", "ok")
    words = desk.copy_words()
    desk.type("zoo" if "zoo" not in words else "zone")
    desk.press("ok")
    assert "Not that word" in desk.text
    desk.press("ok")
    assert isinstance(desk.screen, Words)
    assert desk.copy_words() == words
    desk.answer_words(words)
    assert isinstance(desk.screen, PinPad)


def test_three_different_words_are_asked_back() -> None:
    desk = Desk()
    desk.choose("New wallet")
    desk.press("hold", "ok")
    words = desk.copy_words()
    asked = []
    while isinstance(desk.screen, Letters):
        asked.append(int(desk.screen.lines()[0].split()[1]))
        desk.type(words[asked[-1] - 1])
        desk.press("ok")
    assert len(set(asked)) == 3
    assert set(asked) <= set(range(1, 13))


@pytest.mark.parametrize("steps", range(4))
def test_stopping_before_the_end_keeps_nothing(steps: int) -> None:
    desk = Desk()
    kept = desk.record
    desk.choose("New wallet")
    desk.press(*["hold", "ok", "ok", "ok"][:steps], "stop")
    assert isinstance(desk.screen, Menu)
    assert (desk.state, desk.record) == (State.EMPTY, kept)


# A seed that exists

LEGAL = ("legal", "winner", "thank", "year", "wave", "sausage", "worth", "useful")
LEGAL = (*LEGAL, "legal", "winner", "thank", "yellow")


@pytest.mark.parametrize(
    ("words", "fingerprint"), [(ABANDON, "73c5da0a"), (TWENTY_FOUR, "5436d724")]
)
def test_words_restore_the_keys_they_stand_for(words: tuple[str, ...], fingerprint: str) -> None:
    assert unlocked_desk(words).shown[-1].fingerprint == fingerprint


def spelled(desk: Desk, words: tuple[str, ...]) -> None:
    desk.choose("I have a seed")
    desk.choose(f"{len(words)} words")
    for word in words:
        desk.type(word)
        desk.press("ok")


def test_a_wrong_word_is_changed_alone_with_twelve_keys_at_most() -> None:
    desk = Desk()
    kept = desk.record
    spelled(desk, (*TWENTY_FOUR[:16], "zoo", *TWENTY_FOUR[17:]))
    assert "Not a seed" in desk.text
    assert "None is lost" in desk.text
    assert desk.record == kept
    for _ in range(2):
        desk.press("ok")  # what is wrong; all words
    desk.type("17")
    desk.press("ok")
    assert "It was zoo." in desk.text
    desk.type(TWENTY_FOUR[16][:4])
    desk.press("ok")
    desk.enter_pin()
    desk.enter_pin()
    assert desk.shown[-1].fingerprint == "5436d724"


def test_a_word_one_letter_away_that_fits_is_offered_and_taken() -> None:
    desk = Desk()
    spelled(desk, (*LEGAL[:4], "save", *LEGAL[5:]))
    desk.press("ok")
    while "▸ 5. wave for save" not in desk.text:
        desk.press("right")
    desk.press("ok")
    desk.enter_pin()
    desk.enter_pin()
    assert desk.state is State.UNLOCKED


def test_two_swapped_words_are_offered_the_other_way_round() -> None:
    desk = Desk()
    spelled(desk, (*LEGAL[:3], LEGAL[4], LEGAL[3], *LEGAL[5:]))
    desk.press("ok")
    while "▸ Swap words 4 and 5" not in desk.text:
        desk.press("right")
    desk.press("ok")
    desk.enter_pin()
    desk.enter_pin()
    assert desk.state is State.UNLOCKED


def test_stop_goes_one_word_back_and_then_away() -> None:
    desk = Desk()
    desk.choose("I have a seed")
    desk.choose("12 words")
    desk.type("zoo")
    desk.press("ok")
    assert "Word 2 of 12" in desk.text
    desk.press("stop")
    assert "Word 1 of 12" in desk.text
    desk.press("stop")
    assert isinstance(desk.screen, Menu)


def test_two_different_pins_are_asked_again() -> None:
    desk = Desk()
    desk.choose("I have a seed")
    desk.choose("12 words")
    for word in ABANDON:
        desk.type(word)
        desk.press("ok")
    desk.enter_pin("1234")
    desk.enter_pin("1235")
    assert "Not the same" in desk.text
    desk.press("ok")
    desk.enter_pin("4321")
    desk.enter_pin("4321")
    assert desk.state is State.UNLOCKED


# The PIN


def locked_desk() -> Desk:
    return Desk(unlocked_desk().record)


def test_a_wrong_pin_says_how_many_tries_are_left_and_the_right_one_restores_them() -> None:
    desk = locked_desk()
    desk.unlock("9999")
    assert "Wrong PIN" in desk.text
    assert "7 tries left. At 0 the seed is erased." in " ".join(desk.text.split())
    desk.press("ok")
    desk.enter_pin()
    assert desk.state is State.UNLOCKED
    desk.lock()
    assert "tries" not in desk.text
    assert vault.parse(desk.record or b"").tries_left == 8


def test_a_passphrase_opens_the_seed_and_has_the_same_tries() -> None:
    desk = Desk()
    desk.restore(pin="Correct7Horse9Battery")
    desk.lock()
    desk.unlock("correct7horse9battery")
    assert "Wrong PIN" in desk.text
    assert vault.parse(desk.record or b"").tries_left == 7
    desk.press("ok")
    desk.enter_pin("Correct7Horse9Battery")
    assert desk.state is State.UNLOCKED


def test_eight_wrong_pins_erase_the_seed_and_say_so() -> None:
    desk = locked_desk()
    desk.press("ok")
    for left in range(7, 0, -1):
        desk.enter_pin("9999")
        assert f"{left} tr" in desk.text
        desk.press("ok")
    assert "1 try left, then it is erased." in " ".join(desk.text.split())
    desk.enter_pin("9999")
    assert "That was the last try." in desk.text
    desk.press("ok")
    assert "The seed is erased." in " ".join(desk.text.split())
    assert desk.state is State.EMPTY
    assert vault.parse(desk.record or b"").sealed is None
    desk.press("ok")
    assert isinstance(desk.screen, Menu)


def test_a_device_without_tries_offers_only_erasing() -> None:
    kept = vault.parse(locked_desk().record or b"")
    for _ in range(8):
        kept = kept.attempt()
    desk = Desk(kept.encode())
    assert "No PIN tries are left." in desk.text
    assert desk.state is State.LOCKED
    desk.press("ok", "right", "left")
    desk.enter_pin()
    assert desk.record == kept.encode()
    desk.press("hold")
    desk.type("erase")
    desk.press("ok")
    assert desk.state is State.EMPTY


def test_the_pad_lies_differently_each_time() -> None:
    desk = locked_desk()
    pads = set()
    for _ in range(5):
        desk.press("ok")
        assert isinstance(desk.screen, PinPad)
        pads.add(desk.screen.order)
        desk.press("stop")
    assert len(pads) == 5


# The menu


def test_locking_forgets_the_keys_until_the_pin() -> None:
    desk = unlocked_desk()
    desk.lock()
    assert (desk.state, desk.shown[-1].fingerprint) == (State.LOCKED, "")


@pytest.mark.parametrize("locked", [False, True])
def test_erasing_takes_a_long_press_and_proof_and_then_is_complete(*, locked: bool) -> None:
    desk = locked_desk() if locked else unlocked_desk()
    kept = desk.record
    desk.press("stop" if locked else "ok")
    desk.choose("Erase the seed")
    desk.press("ok", "stop")
    assert desk.record == kept
    desk.press("stop" if locked else "ok")
    desk.choose("Erase the seed")
    desk.press("hold")
    assert desk.record == kept
    desk.type("erase" if locked else PIN)
    desk.press("ok")
    assert "The seed is erased." in desk.text
    assert desk.state is State.EMPTY
    assert vault.parse(desk.record or b"").sealed is None


def test_a_wrong_pin_erases_nothing_and_costs_a_try() -> None:
    desk = unlocked_desk()
    desk.erase("9999")
    assert "7 tries left." in desk.text
    desk.press("ok", "stop")
    assert desk.state is State.UNLOCKED
    kept = vault.parse(desk.record or b"")
    assert (kept.tries_left, kept.sealed is None) == (7, False)
    desk.erase()
    assert desk.state is State.EMPTY


def test_the_last_wrong_pin_takes_the_keys_with_the_seed() -> None:
    desk = unlocked_desk()
    desk.erase("9999")
    for _ in range(7):
        desk.press("ok")
        desk.enter_pin("9999")
    desk.press("ok")
    assert desk.state is State.EMPTY
    assert vault.parse(desk.record or b"").sealed is None
    assert "error" in desk.plug().call("get_xpub", {"network": "testnet", "path": []})


def test_another_word_erases_nothing() -> None:
    desk = locked_desk()
    kept = desk.record
    desk.press("stop", "ok", "hold")
    desk.type("era")
    desk.type("\b\b\b")
    desk.type("zoo")
    desk.press("ok")
    assert (desk.record, desk.state) == (kept, State.LOCKED)


def test_the_account_is_shown_as_a_code_that_wallets_read() -> None:
    desk = unlocked_desk()
    desk.press("ok")
    desk.choose("Show account")
    assert isinstance(desk.screen, Qr)
    collector = PartCollector(account.ACCOUNT_TYPES, Limits(message_bytes=4096))
    read = account.parse(
        next(ur for ur in map(collector.add, desk.screen.frames) if isinstance(ur, Ur))
    )
    assert read.fingerprint.hex() == "73c5da0a"
    assert [key.script for key in read.keys] == ["wpkh", "tr"]
    desk.press("ok")
    assert desk.state is State.UNLOCKED


def test_behind_it_are_the_key_for_accounts_of_several_and_each_as_text() -> None:
    desk = unlocked_desk()
    desk.press("ok")
    desk.choose("Show account")
    desk.type("c")
    assert isinstance(desk.screen, Qr)
    collector = PartCollector(account.ACCOUNT_TYPES, Limits(message_bytes=4096))
    read = account.parse(
        next(ur for ur in map(collector.add, desk.screen.frames) if isinstance(ur, Ur))
    )
    assert [(key.script, render(key.path)) for key in read.keys] == [("wsh", "m/48h/1h/0h/2h")]
    texts = []
    for _ in range(3):
        desk.type("c")
        assert isinstance(desk.screen, Qr)
        texts += desk.screen.frames
    paths = [text.rpartition("]")[0] for text in texts]
    assert paths == ["[73c5da0a/84h/1h/0h", "[73c5da0a/86h/1h/0h", "[73c5da0a/48h/1h/0h/2h"]
    for text in texts:
        assert reader.read(text) == AccountKeys((text,))
    desk.type("c")
    assert "Account on" in desk.text


# Damage


@pytest.mark.parametrize("record", [b"", b"quietkey vault 1", bytes(200)])
def test_a_damaged_memory_is_told_and_left_alone(record: bytes) -> None:
    desk = Desk(record)
    assert "damaged" in desk.text
    assert desk.state is State.LOCKED
    desk.press("ok", "stop", "left", "right")
    desk.type(PIN)
    assert desk.record == record
    assert desk.plug().call("auth_user", {"network": "testnet"})["error"]["code"] == -32603
    assert not [effect for effect in desk.log if isinstance(effect, Save)]


def test_a_damaged_memory_can_be_erased_on_purpose() -> None:
    desk = Desk(b"rubbish")
    desk.press("hold")
    assert desk.record == b"rubbish"
    desk.type("erase")
    desk.press("ok", "ok")
    assert desk.state is State.EMPTY
    desk.restore()
    assert desk.state is State.UNLOCKED


# Randomness


def test_the_pool_never_draws_the_same_twice_and_gives_what_is_asked() -> None:
    pool = EntropyPool(bytes(32))
    drawn = {pool.draw(16) for _ in range(100)}
    assert len(drawn) == 100
    assert [len(pool.draw(n)) for n in (0, 1, 32, 33, 100)] == [0, 1, 32, 33, 100]


def test_a_shuffle_keeps_every_item_and_leaves_no_place_out() -> None:
    pool = EntropyPool(bytes(32))
    shuffles = [pool.shuffled("0123") for _ in range(400)]
    assert {"".join(sorted(one)) for one in shuffles} == {"0123"}
    assert len(set(shuffles)) == 24


def test_dice_can_be_left_to_the_device() -> None:
    desk = Desk()
    desk.choose("New wallet")
    assert isinstance(desk.screen, Dice)
    assert not isinstance(desk.screen, Notice)
    desk.press("hold")
    assert "Your twelve words" in desk.text
