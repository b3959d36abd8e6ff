"""The list that shares are written in."""

import pytest
from embit.wordlists.slip39 import SLIP39_WORDS

from signer.formats.words import slip39_words


def test_the_list_is_the_one_others_use() -> None:
    assert list(slip39_words.WORDS) == SLIP39_WORDS


def test_four_letters_are_enough_to_tell_any_two_words_apart() -> None:
    assert len({word[:4] for word in slip39_words.WORDS}) == 1024


def test_a_changed_list_stops_the_program_and_the_published_one_does_not() -> None:
    assert slip39_words._checked("\n".join(slip39_words.WORDS)) == slip39_words.WORDS
    with pytest.raises(RuntimeError, match="was changed"):
        slip39_words._checked(" ".join(reversed(slip39_words.WORDS)))
