"""Seeds of Electrum, by their looks."""

import hmac
from collections.abc import Callable

import pytest

from signer.keys.seeds import electrum

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
    for text in ("a 眼悲 b", "眼a 悲", "a 眼a", "眼 a眼", "a b"):
        words = text.replace("眼悲", "眼 悲").split()
        assert b"".join(electrum._pieces(words)) == text.encode()


@pytest.mark.parametrize(
    "letter", ["\u1100", "\u11ff", "\u3040", "\u30ff", "\u3400", "\u4dbf", "\u4e00", "\u9fff"]
)
def test_scripts_without_spaces_are_without_them_from_their_first_letter_to_their_last(
    letter: str,
) -> None:
    assert b"".join(electrum._pieces((letter, letter))) == (letter * 2).encode()


@pytest.mark.parametrize(
    "letter", ["\u10ff", "\u1200", "\u2c60", "\u303f", "\u4dc0", "\u4dff", "\U0001f600"]
)
def test_between_letters_of_any_other_script_the_space_stays(letter: str) -> None:
    assert b"".join(electrum._pieces((letter, letter))) == f"{letter} {letter}".encode()


def lucky(make: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    """The first of the words made of a number of 3 digits whose hash begins as a seed's does."""
    made = (make(f"{number:03}") for number in range(1000))
    return next(
        words
        for words in made
        if hmac.digest(b"Seed version", " ".join(words).encode(), "sha512")[0] == 0x01
    )


@pytest.mark.parametrize(
    ("most", "too_long"),
    [
        (lambda end: (*("x",) * 49, end), lambda end: (*("x",) * 50, end)),
        (lambda end: ("x", "x" * 97 + end), lambda end: ("x", "x" * 98 + end)),
    ],
    ids=["words", "letters"],
)
def test_longer_than_any_seed_it_is_none_whatever_its_hash_would_say(
    most: Callable[[str], tuple[str, ...]], too_long: Callable[[str], tuple[str, ...]]
) -> None:
    assert electrum.kind(lucky(most)) == "standard"
    assert electrum.kind(lucky(too_long)) == ""


@pytest.mark.parametrize("words", [("x",) * 51, ("x" * 101,), ("\ud800",) * 12, ("\u0301",)])
def test_what_is_too_long_or_no_text_is_none(words: tuple[str, ...]) -> None:
    assert electrum.kind(words) == ""
