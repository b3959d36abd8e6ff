"""Typed words on a list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.keys import lookup

LIST = ("ant", "bear", "\u304b\u3099", "zebra")
TABLE = lookup.padded(LIST)


@given(st.lists(st.sampled_from(range(4)), max_size=30))
def test_every_word_is_found_at_its_place(places: list[int]) -> None:
    assert lookup.places([LIST[place] for place in places], TABLE) == tuple(places)


def test_a_composed_letter_is_the_same_as_its_parts() -> None:
    assert lookup.places(["\u304c"], TABLE) == (2,)


@pytest.mark.parametrize(
    "word", ["", "an", "ants", "Ant", "ant ", "zebras", "z" * 100_000, "\ud800", "\ufdfa"]
)
def test_anything_else_is_named_by_its_position_alone(word: str) -> None:
    with pytest.raises(Malformed) as caught:
        lookup.places(["bear", word, "bear"], TABLE)
    assert str(caught.value) == "Word 2 is not on the list."
