"""Mixing randomness, and making much of a little."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.keys.seeds.entropy import Stream, expand, mix

LONG = bytes(range(32))
lists = st.lists(st.binary(max_size=8), max_size=5)


@given(lists, lists)
def test_two_lists_mix_alike_only_if_they_are_the_same_list(a: list[bytes], b: list[bytes]) -> None:
    assert (mix(LONG, *a) == mix(LONG, *b)) is (a == b)


def test_where_one_source_ends_and_the_next_begins_matters() -> None:
    cuts = {bytes(mix(LONG[:cut], LONG[cut:])) for cut in range(33)}
    assert len(cuts) == 33


@given(st.integers(0, 31), st.integers(0, 7))
def test_every_bit_counts(place: int, bit: int) -> None:
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


@given(st.binary(max_size=80), st.lists(st.integers(0, 90), max_size=20))
def test_a_stream_is_shake256_however_it_is_read(seed: bytes, sizes: list[int]) -> None:
    with Stream(seed) as stream:
        read = b"".join(stream.take(size) for size in sizes)
    assert read == hashlib.shake_256(seed).digest(sum(sizes))


def test_an_erased_stream_holds_nothing() -> None:
    stream = Stream(LONG)
    stream.take(40)
    block = stream._block
    stream.erase()
    assert block == bytes(len(block))
    assert stream.take(500) != hashlib.shake_256(LONG).digest(540)[40:]


def test_a_stream_that_grows_leaves_nothing_behind() -> None:
    with Stream(LONG) as stream:
        stream.take(8)
        block = stream._block
        stream.take(1000)
        assert stream._block is not block
    assert block == bytes(len(block))


def test_what_grows_out_of_randomness_depends_on_purpose_randomness_and_secret() -> None:
    grown = {
        bytes(expand(purpose, randomness, secret).take(16))
        for purpose in (b"a", b"b")
        for randomness in (LONG, LONG[::-1], LONG + b"\0")
        for secret in (b"c", b"d", b"")
    }
    assert len(grown) == 18
    assert expand(b"a", LONG, b"c").take(16) == expand(b"a", LONG, b"c").take(16)


def test_little_randomness_does_not_grow_even_with_a_long_secret() -> None:
    with pytest.raises(Malformed, match="at least 32"):
        expand(b"purpose", bytes(31), bytes(64))


def test_a_stream_that_was_left_holds_nothing() -> None:
    with Stream(b"seed") as stream:
        stream.take(8)
        assert any(stream._block)
    assert not any(stream._block)
