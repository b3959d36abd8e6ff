"""Seeds of Electrum, by their looks."""

import pytest

from signer.keys import electrum

# From Electrum's own tests (MIT licence): one of each kind, and three of other scripts.
SEEDS = {
    "cycle rocket west magnet parrot shuffle foot correct salt library feed song": "standard",
    "bitter grass shiver impose acquire brush forget axis eager alone wine silver": "segwit",
    "kiss live scene rude gate step hip quarter bunker oxygen motor glove": "two-factor",
    "universe topic remind silver february ranch shine worth innocent cattle enhance wise": (
        "two-factor segwit"
    ),
    "almíbar tibio superar vencer hacha peatón príncipe matar consejo polen vehículo odisea": (
        "standard"
    ),
    "なのか ひろい しなん まなぶ つぶす さがす おしゃれ かわく おいかける けさき かいとう さたん": (
        "standard"
    ),
    "眼 悲 叛 改 节 跃 衡 响 疆 股 遂 冬": "segwit",
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_is_named_by_its_kind(seed: str) -> None:
    assert electrum.kind(seed.split()) == SEEDS[seed]
    assert electrum.kind(seed.upper().split()) == SEEDS[seed]
    assert electrum.kind(("", *seed.split(), "")) == SEEDS[seed]


@pytest.mark.parametrize("seed", SEEDS)
def test_with_two_words_swapped_it_is_none(seed: str) -> None:
    first, second, *rest = seed.split()
    assert electrum.kind((second, first, *rest)) == ""


def test_words_of_bip39_are_none() -> None:
    assert electrum.kind(["abandon"] * 11 + ["about"]) == ""
    assert electrum.kind(()) == ""


def test_between_letters_of_two_scripts_the_space_stays() -> None:
    assert b"".join(electrum._pieces(("a", "眼", "悲", "b"))) == "a 眼悲 b".encode()


@pytest.mark.parametrize("words", [("x",) * 51, ("x" * 101,), ("\ud800",) * 12, ("\u0301",)])
def test_what_is_too_long_or_no_text_is_none(words: tuple[str, ...]) -> None:
    assert electrum.kind(words) == ""
