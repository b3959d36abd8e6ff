"""T134: a backup that is shown to who has no PIN, or that does not bring the seed back."""

import itertools

import pytest

from firmware_emu.effects import Save
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Question
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.text_pad import TextPad
from firmware_emu.screens.words import Words
from signer.keys.backups import codex32, seed_xor, slip39
from signer.keys.seeds import mnemonic
from tests.desk import Desk, unlocked_desk
from tests.envelopes import held_up

SEED = bytes(range(16))
ZOO = ("zoo",) * 11 + ("wrong",)


def asked(desk: Desk, choice: str) -> Desk:
    """Up to the question whether to show it."""
    desk.press("ok")
    desk.choose("Backup")
    assert isinstance(desk.screen, PinPad)
    desk.enter_pin()
    desk.choose("Parts (Seed XOR)" if choice.endswith("parts") else "Shares (SLIP39)")
    desk.choose(choice)
    return desk


def written(desk: Desk) -> list[tuple[str, ...]]:
    """All that is shown, written down and told when it is asked back."""
    papers: list[tuple[str, ...]] = []
    while isinstance(desk.screen, Words):
        papers.append(desk.copy_words())
        desk.answer_words(papers[-1])
    return papers


def without_words(seed: bytes = SEED) -> Desk:
    """Unlocked, with a seed that came as codex32."""
    desk = Desk()
    desk.choose("I have a seed")
    desk.choose("codex32")
    desk.type(codex32.from_seed(seed, "test").encode())
    desk.press("ok", "hold")
    desk.enter_pin()
    desk.enter_pin()
    return desk


@pytest.mark.parametrize("total", [2, 3, 4])
def test_parts_are_asked_back_and_make_the_seed(total: int) -> None:
    desk = asked(unlocked_desk(ZOO), f"{total} parts")
    desk.press("ok")
    assert isinstance(desk.screen, Question)
    desk.press("hold")
    assert f"Part 1 of {total}" in desk.text
    papers = written(desk)
    assert len(set(papers)) == total
    parts = [mnemonic.entropy_from_words(words) for words in papers]
    assert mnemonic.words_from_entropy(seed_xor.combine(parts)) == ZOO
    assert "Written down" in desk.text


def test_any_shares_that_are_enough_bring_a_seed_without_words_back() -> None:
    desk = asked(without_words(), "2 of 3")
    desk.press("hold")
    shares = [slip39.parse(words) for words in written(desk)]
    for pair in (shares[:2], shares[1:], shares[::2]):
        assert slip39.combine(pair) == SEED


def test_a_word_that_cannot_be_told_shows_them_again() -> None:
    desk = asked(without_words(bytes(32)), "3 of 5")
    desk.press("hold")
    words = desk.copy_words()
    assert isinstance(desk.screen, Letters)
    desk.type("zero" if "zero" not in words else "academic")
    desk.press("ok")
    assert "Not that word" in desk.text
    desk.dismiss()
    assert desk.copy_words() == words


def test_each_time_they_are_others_and_stopping_ends_it() -> None:
    seen = set[tuple[str, ...]]()
    desk = unlocked_desk(ZOO)
    for _ in range(2):
        asked(desk, "2 parts").press("hold")
        seen.add(desk.copy_words())
        desk.press("stop")
        desk.dismiss()
    assert len(seen) == 2


def test_a_wrong_pin_shows_nothing_and_nothing_is_kept() -> None:
    desk = unlocked_desk()
    desk.press("ok")
    desk.choose("Backup")
    desk.enter_pin("654321")
    assert "7 tries left" in desk.text
    desk.press("ok", "stop")
    assert not any(isinstance(show.screen, Words) for show in desk.shown)
    desk = asked(unlocked_desk(ZOO), "2 parts")
    desk.press("hold")
    papers = written(desk)
    entropies = [bytes(mnemonic.entropy_from_words(words)) for words in papers]
    records = [effect.record for effect in desk.log if isinstance(effect, Save)]
    assert not [1 for record in records for entropy in entropies if entropy in record]


def test_a_seed_of_fifteen_words_has_no_parts() -> None:
    desk = unlocked_desk(("abandon",) * 14 + ("address",))
    desk.press("ok")
    desk.choose("Backup")
    desk.enter_pin()
    assert isinstance(desk.screen, Menu)
    assert "Parts (Seed XOR)" not in desk.screen.items


def test_a_seed_of_zeros_has_no_two_parts() -> None:
    desk = asked(unlocked_desk(), "2 parts")
    desk.press("hold")
    assert "No parts" in desk.text
    desk.dismiss()
    asked(desk, "3 parts").press("hold")
    assert isinstance(desk.screen, Words)


def test_a_seed_of_an_odd_length_has_no_shares_of_slip39() -> None:
    desk = without_words(bytes(17))
    desk.press("ok")
    desk.choose("Backup")
    desk.enter_pin()
    assert isinstance(desk.screen, Menu)
    assert desk.screen.items == ("codex32",)


def of_codex32(desk: Desk, plan: str) -> Desk:
    desk.press("ok")
    desk.choose("Backup")
    desk.enter_pin()
    desk.choose("codex32")
    desk.choose(plan)
    desk.press("ok")
    assert isinstance(desk.screen, Question)  # a tap shows nothing
    desk.press("hold")
    return desk


def letters(desk: Desk) -> list[str]:
    """All shares that are shown, written down and told when they are asked back."""
    papers: list[str] = []
    while isinstance(desk.screen, Words):
        papers.append("".join(desk.copy_words()))
        while isinstance(desk.screen, TextPad):
            first, _, last = desk.screen.title.split()[1:]
            desk.type(papers[-1][int(first) - 1 : int(last)])
            desk.press("ok")
    return papers


@pytest.mark.parametrize(("plan", "needed", "size"), [("2 of 3", 2, 16), ("3 of 5", 3, 32)])
def test_any_shares_of_codex32_bring_the_seed_back(plan: str, needed: int, size: int) -> None:
    seed = bytes(range(size))
    shares = [codex32.parse(text) for text in letters(of_codex32(without_words(seed), plan))]
    assert len(shares) == int(plan[-1])
    for some in itertools.combinations(shares, needed):
        assert codex32.recover(some).seed() == seed


def test_a_whole_secret_of_codex32_is_restored_on_another_device() -> None:
    desk = of_codex32(without_words(), "The whole secret")
    [text] = letters(desk)
    assert "Written down" in desk.text
    again = Desk()
    again.choose("I have a seed")
    again.choose("codex32")
    again.type(text.upper())
    again.press("ok")
    assert f"Fingerprint {desk.shown[-1].fingerprint}" in again.text


def test_letters_that_differ_show_the_share_again_and_a_whole_one_is_held_up() -> None:
    desk = of_codex32(without_words(), "2 of 3")
    paper = "".join(desk.copy_words())
    desk.type("qqqq" if "qqqq" not in paper else "pppp")
    desk.press("ok")
    assert "Not those letters" in desk.text
    desk.dismiss()
    assert "".join(desk.copy_words()) == paper
    desk.happen(held_up(codex32.from_seed(SEED, "test").encode().encode()))
    desk.press("ok")
    assert "Not those letters" in desk.text  # another one
    desk.dismiss()
    desk.copy_words()
    desk.happen(held_up(paper.encode()))
    desk.press("ok")
    assert "Share 2 of 3" in desk.text
