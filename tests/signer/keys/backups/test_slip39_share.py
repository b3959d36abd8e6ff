"""One share of SLIP39 and its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.words.slip39_words import WORDS
from signer.keys.backups import slip39_share
from signer.keys.backups.slip39_share import Setting, Slip39Share
from tests.signer.published import own

FIRST = own("slip39")["cases"][0]["shares"][0].split()

settings = st.integers(1, 16).flatmap(
    lambda count: st.builds(
        Setting,
        identifier=st.integers(0, 0x7FFF),
        extendable=st.booleans(),
        exponent=st.integers(0, 15),
        group_threshold=st.integers(1, count),
        group_count=st.just(count),
    )
)
values = st.sampled_from(range(16, 65, 2)).flatmap(
    lambda size: st.binary(min_size=size, max_size=size).map(bytearray)
)
shares = st.builds(
    Slip39Share,
    setting=settings,
    group=st.integers(0, 15),
    member=st.integers(0, 15),
    member_threshold=st.integers(1, 16),
    value=values,
)


@given(shares)
def test_every_share_reads_back(share: Slip39Share) -> None:
    words = share.words()
    again = slip39_share.parse(words)
    assert again.words() == words
    assert again.setting == share.setting
    assert (again.group, again.member, again.member_threshold) == (
        share.group,
        share.member,
        share.member_threshold,
    )
    assert again.value == share.value


def test_the_fields_of_a_published_share_are_the_published_ones() -> None:
    share = slip39_share.parse(FIRST)
    assert share.setting == Setting(7945, False, 0, 1, 1)
    assert (share.group, share.member, share.member_threshold) == (0, 0, 1)
    assert share.value.hex() == "11bc609d21747c49ba78c0701293e417"


def test_a_share_does_not_print_its_value() -> None:
    share = slip39_share.parse(FIRST)
    assert "value" not in repr(share)
    assert share.value.hex()[:6] not in repr(share)


def test_an_erased_share_holds_nothing() -> None:
    share = slip39_share.parse(FIRST)
    share.erase()
    assert share.value == bytes(16)


@given(st.integers(0, 19), st.sampled_from(WORDS))
def test_one_wrong_word_is_noticed(place: int, word: str) -> None:
    words = [*FIRST[:place], word, *FIRST[place + 1 :]]
    if words == FIRST:
        return
    with pytest.raises(Malformed, match="checksum"):
        slip39_share.parse(words)


@pytest.mark.parametrize("place", range(19))
def test_two_swapped_neighbours_are_noticed(place: int) -> None:
    words = [*FIRST]
    words[place], words[place + 1] = words[place + 1], words[place]
    if words != FIRST:
        with pytest.raises(Malformed, match="checksum"):
            slip39_share.parse(words)


def test_a_word_of_another_list_is_named_by_its_place() -> None:
    with pytest.raises(Malformed) as caught:
        slip39_share.parse([*FIRST[:4], "bitcoin", *FIRST[5:]])
    assert str(caught.value) == "Word 5 is not on the list."


@pytest.mark.parametrize("count", [0, 1, 19, 60, 1000])
def test_another_number_of_words_is_malformed(count: int) -> None:
    with pytest.raises(Malformed, match=f"not {count}"):
        slip39_share.parse(["academic"] * count)


@pytest.mark.parametrize("size", [16, 20, 22, 32])
def test_a_word_of_padding_too_many_is_malformed(size: int) -> None:
    share = Slip39Share(Setting(1, False, 0, 1, 1), 0, 0, 1, bytearray(range(1, size + 1)))
    places = [WORDS.index(word) for word in share.words()[:-3]]
    places.insert(4, 0)
    residue = slip39_share._rs1024([*places, 0, 0, 0], extendable=False) ^ 1
    places += (residue >> 20, residue >> 10 & 1023, residue & 1023)
    with pytest.raises(Malformed, match="padded"):
        slip39_share.parse([WORDS[place] for place in places])


@given(st.lists(st.sampled_from(WORDS), min_size=20, max_size=59))
def test_no_words_break_it(words: list[str]) -> None:
    try:
        share = slip39_share.parse(words)
    except Malformed:
        return
    assert list(share.words()) == words
