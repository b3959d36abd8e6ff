"""Mixing randomness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.keys.entropy import mix

LONG = bytes(range(32))
lists = st.lists(st.binary(max_size=8), max_size=5)


@given(lists, lists)
def test_two_lists_mix_alike_only_if_they_are_the_same_list(a: list[bytes], b: list[bytes]) -> None:
    assert (mix(LONG, *a) == mix(LONG, *b)) is (a == b)


def test_where_one_source_ends_and_the_next_begins_matters() -> None:
    cuts = {bytes(mix(LONG[:cut], LONG[cut:])) for cut in range(33)}
    assert len(cuts | {bytes(mix(LONG)), bytes(mix(LONG, b"", b""))}) == 35


def test_order_matters() -> None:
    assert mix(LONG, b"dice") != mix(b"dice", LONG)


@given(st.integers(0, 31), st.integers(0, 7))
def test_every_bit_of_a_source_matters(place: int, bit: int) -> None:
    changed = bytearray(LONG)
    changed[place] ^= 1 << bit
    assert mix(changed, b"dice") != mix(LONG, b"dice")


def test_the_result_is_a_buffer_of_32_bytes_that_never_changes_between_releases() -> None:
    # Dice players recompute it.
    mixed = mix(LONG, b"161616")
    assert isinstance(mixed, bytearray)
    assert mixed.hex() == "fc0129acb29258a6a67390303fd246629e480a5ebe929446ce1e08149bdaddfe"


@pytest.mark.parametrize("sources", [(), (b"",), (bytes(31),), (b"", bytes(16), bytes(15))])
def test_less_than_32_bytes_in_all_is_malformed(sources: tuple[bytes, ...]) -> None:
    with pytest.raises(Malformed, match="at least 32"):
        mix(*sources)
