"""The strict reader: every byte is asked for, and nothing is read that is not there."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.cursor import MAX_COMPACT_SIZE, Cursor, blob, blobs, compact_at, compact_size


@given(st.integers(0, MAX_COMPACT_SIZE))
def test_a_compact_size_reads_back(value: int) -> None:
    cursor = Cursor(compact_size(value))
    assert cursor.compact() == value
    cursor.end()


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"),
        (252, "fc"),
        (253, "fdfd00"),
        (65535, "fdffff"),
        (65536, "fe00000100"),
        (MAX_COMPACT_SIZE, "fe00000002"),
        (1 << 32, "ff0000000001000000"),
        ((1 << 64) - 1, "ffffffffffffffffff"),
    ],
)
def test_compact_sizes_change_their_width_where_bitcoin_does(value: int, encoded: str) -> None:
    assert compact_size(value).hex() == encoded
    if value <= MAX_COMPACT_SIZE:
        assert Cursor(bytes.fromhex(encoded)).compact() == value


@pytest.mark.parametrize("value", [-1, 1 << 64])
def test_what_is_no_compact_size_is_never_written(value: int) -> None:
    with pytest.raises(Malformed):
        compact_size(value)


@pytest.mark.parametrize("encoded", ["fdfc00", "fd0000", "feffff0000", "ffffffffff00000000"])
def test_a_compact_size_longer_than_needed_is_malformed(encoded: str) -> None:
    with pytest.raises(Malformed, match="shortest form"):
        Cursor(bytes.fromhex(encoded)).compact()


@pytest.mark.parametrize("value", [MAX_COMPACT_SIZE + 1, 1 << 32])
def test_a_compact_size_over_core_s_limit_is_malformed_before_anything_is_read(value: int) -> None:
    with pytest.raises(Malformed, match="over 33554432"):
        Cursor(compact_size(value)).blob()


def test_numbers_are_little_endian_and_blobs_are_exact() -> None:
    cursor = Cursor(bytes.fromhex("0201" + "03" + "aabbcc" + "ff"))
    assert cursor.uint(2) == 0x0102
    assert cursor.blob() == bytes.fromhex("aabbcc")
    assert (cursor.position, cursor.remaining) == (6, 1)
    with pytest.raises(Malformed, match="1 bytes left over at byte 6"):
        cursor.end()


@pytest.mark.parametrize("count", [4, -1])
def test_asking_for_what_is_not_there_is_malformed_and_moves_nothing(count: int) -> None:
    cursor = Cursor(b"abc")
    with pytest.raises(Malformed, match="at byte 0, 3 left"):
        cursor.take(count)
    assert cursor.take(3) == b"abc"


def test_a_count_that_cannot_fit_is_malformed() -> None:
    assert Cursor(b"\x02" + bytes(82)).count(item_bytes=41) == 2
    with pytest.raises(Malformed, match="2 items"):
        Cursor(b"\x02" + bytes(81)).count(item_bytes=41)


READS: dict[str, Callable[[Cursor, int], object]] = {
    "take": lambda cursor, n: cursor.take(n),
    "uint": lambda cursor, n: cursor.uint(n),
    "compact": lambda cursor, _: cursor.compact(),
    "blob": lambda cursor, _: cursor.blob(),
    "count": lambda cursor, n: cursor.count(n),
}


@given(st.binary(max_size=60), st.lists(st.tuples(st.sampled_from(list(READS)), st.integers(0, 9))))
def test_no_bytes_break_it_and_it_never_reads_past_the_end(
    data: bytes, reads: list[tuple[str, int]]
) -> None:
    cursor = Cursor(data)
    try:
        for name, argument in reads:
            READS[name](cursor, argument)
        cursor.end()
    except Malformed:
        pass
    assert 0 <= cursor.position <= len(data)


@given(st.binary(max_size=12), st.integers(0, 14))
def test_a_compact_size_is_the_same_wherever_it_is_read(data: bytes, at: int) -> None:
    cursor = Cursor(data, at)
    slow = outcome(lambda: (cursor.compact(), cursor.position))
    assert outcome(lambda: compact_at(data, at)) == slow


def outcome(read: Callable[[], tuple[int, int]]) -> tuple[int, int] | str:
    try:
        return read()
    except Malformed as error:
        return str(error)


def test_a_reader_that_starts_behind_the_front_names_places_from_the_front() -> None:
    with pytest.raises(Malformed, match="at byte 5, 1 left"):
        Cursor(bytes(6), 5).take(2)
    with pytest.raises(Malformed, match="1 bytes left over at byte 5"):
        Cursor(bytes(6), 5).end()


@given(st.lists(st.binary(max_size=300), max_size=4))
def test_bytes_behind_their_lengths_are_taken_apart_again(parts: list[bytes]) -> None:
    assert blobs(parts) == b"".join(map(blob, parts))
    cursor = Cursor(blobs(parts))
    assert [cursor.blob() for _ in parts] == parts
    cursor.end()
