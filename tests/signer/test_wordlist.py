"""The list that seeds are written in."""

import pytest

from signer.formats import wordlist
from tests.signer.published import shared


def test_the_list_is_bip39_s_word_for_word() -> None:
    assert tuple(shared("bip39-wordlists/english.txt").read_text().split()) == wordlist.ENGLISH


def test_four_letters_are_enough_to_tell_any_two_words_apart() -> None:
    assert len({word[:4] for word in wordlist.ENGLISH}) == 2048


def test_a_list_with_two_words_swapped_stops_the_program() -> None:
    swapped = [*wordlist.ENGLISH]
    swapped[0], swapped[1] = swapped[1], swapped[0]
    with pytest.raises(RuntimeError, match="not the English list"):
        wordlist._checked(swapped)
