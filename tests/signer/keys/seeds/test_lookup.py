"""Typed words on a list."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.keys.seeds import lookup

LIST = ("ant", "bear", "\u304b\u3099", "zebra")
TABLE = lookup.padded(LIST)


@given(st.lists(st.sampled_from(range(4)), max_size=30))
def test_every_word_is_found_at_its_place(places: list[int]) -> None:
    assert lookup.places([LIST[place] for place in places], TABLE) == tuple(places)


def test_a_composed_letter_is_the_same_as_its_parts() -> None:
    assert lookup.places(["\u304c"], TABLE) == (2,)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "an",
        "ants",
        "Ant",
        "ant ",
        "ant\0",
        "ant\xff",
        "zebras",
        "z" * 100_000,
        "\ud800",
        "\ufdfa",
    ],
)
def test_anything_else_is_named_by_its_position_alone(word: str) -> None:
    with pytest.raises(Malformed) as caught:
        lookup.places(["bear", word, "bear"], TABLE)
    assert str(caught.value) == "Word 2 is not on the list."


def test_what_only_begins_with_the_longest_word_is_not_that_word() -> None:
    table = lookup.padded(("ant", "zebra"))
    assert lookup.places(["zebra"], table) == (1,)
    for word in ("zebras", "zebrazebra"):
        with pytest.raises(Malformed):
            lookup.places([word], table)


def test_a_word_as_long_as_a_book_costs_no_more_than_a_short_one() -> None:
    book = "\ufdfa" * 100_000  # each of these letters is 18 when it is normalized
    tracemalloc.start()
    with pytest.raises(Malformed):
        lookup.places([book], TABLE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000
