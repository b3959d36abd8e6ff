"""The fountain code: bit for bit the reference's, and its decoder needs no luck."""

import json
from binascii import crc32
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.qr import fountain
from signer.formats.qr.fountain import MAX_NUMBER, FountainDecoder, FountainPart, Xoshiro
from tests.signer import published

UR = published.own("ur")


def wolf(length: int, seed: str = "Wolf") -> bytes:
    """The message of that length which the reference's tests use."""
    rng = Xoshiro(seed.encode())
    return bytes(rng.below(256) for _ in range(length))


def part(
    number: int = 1, count: int = 4, length: int = 40, data: bytes = bytes(10)
) -> FountainPart:
    return FountainPart(number, count, length, 0, data)


def test_the_generator_draws_the_published_numbers() -> None:
    rng = Xoshiro(b"Wolf")
    assert [rng.next() % 100 for _ in UR["rng"]] == UR["rng"]


def drawing_ones() -> Xoshiro:
    """A generator that draws 64 ones next: its steps, backwards."""
    rotated = -pow(9, -1, 1 << 64) % (1 << 64)
    scrambled = (rotated >> 7 | rotated << 57) % (1 << 64)
    rng = Xoshiro(b"")
    rng._state = (0, scrambled * pow(5, -1, 1 << 64) % (1 << 64), 0, 0)
    return rng


def test_the_largest_number_drawn_is_under_one_and_takes_the_last_of_any_items() -> None:
    assert drawing_ones().next() == (1 << 64) - 1
    assert drawing_ones().fraction() < 1
    for count in range(1, 2049):
        assert fountain.shuffled(range(count), 1, drawing_ones()) == [count - 1]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12))
def test_a_table_draws_every_index_with_its_weight(weights: list[int]) -> None:
    chances, aliases = fountain.alias_table(weights)
    drawn = [*chances]
    for chance, alias in zip(chances, aliases, strict=True):
        drawn[alias] += 1 - chance
    assert drawn == pytest.approx([weight * len(weights) / sum(weights) for weight in weights])


def test_it_shuffles_as_published_and_a_part_of_a_shuffle_is_its_start() -> None:
    rng = Xoshiro(b"Wolf")
    assert [fountain.shuffled(range(1, 11), 10, rng) for _ in UR["shuffle"]] == UR["shuffle"]
    assert fountain.shuffled(range(1, 11), 4, Xoshiro(b"Wolf")) == UR["shuffle"][0][:4]


def test_degrees_are_the_published_ones() -> None:
    degrees = UR["degrees"]
    drawn = [fountain.degree(Xoshiro(f"Wolf-{i}".encode()), 11) for i in range(1, len(degrees) + 1)]
    assert drawn == degrees


def test_every_part_holds_the_published_fragments() -> None:
    checksum = crc32(wolf(1024))
    for number, expected in enumerate(UR["fragments_of_parts"], start=1):
        assert sorted(fountain.chosen(number, 11, checksum)) == expected


def test_the_whole_published_corpus_agrees() -> None:
    corpus = json.loads(published.shared("qr/mur_bytewords_foundation.json").read_text())
    rng = Xoshiro(b"Wolf")
    table = fountain.alias_table([1, 2, 4, 8])
    samples = corpus["test_random_sampler"]["expected_samples"]
    assert [fountain.sampled(table, rng) for _ in samples] == samples
    rng = Xoshiro(crc32(b"Wolf").to_bytes(4, "big"))
    numbers = corpus["test_rng_2"]["expected_numbers"]
    assert [rng.next() % 100 for _ in numbers] == numbers
    rng = Xoshiro(b"Wolf")
    numbers = corpus["test_rng_3"]["expected_numbers"]
    assert [rng.below(10) + 1 for _ in numbers] == numbers
    degrees = corpus["test_choose_degree"]["expected_degrees"]
    drawn = [fountain.degree(Xoshiro(f"Wolf-{i + 1}".encode()), 11) for i in range(len(degrees))]
    assert drawn == degrees
    pieces = [piece.hex() for piece in fountain.fragments(wolf(1024), 100)]
    assert pieces == corpus["test_partition_and_join"]["expected_fragments"]


def test_fragments_are_equal_and_as_few_as_fit() -> None:
    pieces = fountain.fragments(bytes(range(1, 102)), 50)
    assert [len(piece) for piece in pieces] == [34, 34, 34]
    assert b"".join(pieces) == bytes(range(1, 102)) + b"\0"


def collect(parts: Iterator[FountainPart]) -> tuple[bytes, int]:
    """The message, and how many parts it took."""
    decoder: FountainDecoder | None = None
    for taken, one in enumerate(parts, start=1):
        decoder = decoder or FountainDecoder(one)
        decoder.add(one)
        if (message := decoder.message()) is not None:
            return message, taken
    pytest.fail("the parts ended before the message was complete")


@given(
    st.binary(min_size=1, max_size=600),
    st.integers(1, 60),
    st.integers(0, 300),
    st.randoms(use_true_random=False),
)
def test_any_enough_parts_in_any_order_make_the_message(
    message: bytes, max_length: int, late: int, rng: object
) -> None:
    count = len(fountain.fragments(message, max_length))
    heard = list(islice(fountain.parts(message, max_length), late, late + 4 * count + 60))
    rng.shuffle(heard)
    assert collect(iter(heard))[0] == message


def test_a_late_start_needs_few_parts_more_than_there_are_fragments() -> None:
    message = wolf(6400)
    for late in range(64, 640, 64):
        _, taken = collect(islice(fountain.parts(message, 100), late, None))
        assert taken <= 64 + 10


def test_a_part_that_says_nothing_new_changes_nothing() -> None:
    first, second = islice(fountain.parts(wolf(100), 50), 2)
    decoder = FountainDecoder(first)
    assert decoder.add(first)
    assert not decoder.add(first)
    assert (decoder.known, decoder.count) == (1, 2)
    assert decoder.add(second)
    assert decoder.message() == wolf(100)


def test_a_part_of_another_message_does_not_fit() -> None:
    ours = next(fountain.parts(wolf(100), 50))
    assert not FountainDecoder(ours).fits(next(fountain.parts(wolf(100, "Fox"), 50)))
    assert not FountainDecoder(ours).fits(next(fountain.parts(wolf(100), 40)))


def test_parts_that_are_not_what_their_checksum_promised_are_malformed() -> None:
    decoder = FountainDecoder(part(1, 2, 20))
    decoder.add(part(1, 2, 20))
    decoder.add(part(2, 2, 20))
    with pytest.raises(Malformed, match="do not belong to one message"):
        decoder.message()


@pytest.mark.parametrize("checksum", [-1, 1 << 32])
def test_a_checksum_of_more_than_32_bits_is_malformed(checksum: int) -> None:
    with pytest.raises(Malformed, match="out of bounds"):
        FountainPart(1, 4, 40, checksum, bytes(10))


def test_numbers_at_their_bounds_make_a_part() -> None:
    most = 0xFFFFFFFF
    assert FountainPart(most, 4, 40, most, bytes(10)).number == MAX_NUMBER
    assert part(1, 40, 40, bytes(1)).count == 40
    assert part(1, 4, 30).message_length == 30  # padded by a whole fragment


def test_parts_with_large_numbers_are_parts() -> None:
    message = wolf(300)
    checksum = crc32(message)
    pieces = fountain.fragments(message, 30)
    for number in (1 << 16, (1 << 31) + 1, MAX_NUMBER):
        mixed = 0
        for index in fountain.chosen(number, len(pieces), checksum):
            mixed ^= int.from_bytes(pieces[index], "big")
        assert (
            FountainDecoder(
                FountainPart(number, 10, 300, checksum, mixed.to_bytes(30, "big"))
            ).count
            == 10
        )


@pytest.mark.parametrize(
    ("number", "count", "length", "size"),
    [
        (0, 4, 40, 10),
        (MAX_NUMBER + 1, 4, 40, 10),
        (1, 0, 40, 10),
        (1, 4, 0, 10),
        (1, 4, 40, 0),
        (1, 41, 40, 1),
        (1, MAX_NUMBER, 4, 10),
        (1, 4, 41, 10),
        (1, 4, 29, 10),
        (1, -4, 40, 10),
        (1, 0, 0, 10),
    ],
)
def test_a_part_whose_numbers_contradict_each_other_is_malformed(
    number: int, count: int, length: int, size: int
) -> None:
    with pytest.raises(Malformed):
        part(number, count, length, bytes(size))


@given(
    st.lists(
        st.tuples(st.integers(1, 2000), st.integers(1, 40), st.binary(min_size=1, max_size=8)),
        max_size=200,
    )
)
@settings(max_examples=50)
def test_parts_of_liars_break_nothing_and_cost_no_more_than_one_message(
    lies: list[tuple[int, int, bytes]],
) -> None:
    decoder: FountainDecoder | None = None
    for number, count, data in lies:
        one = FountainPart(number, count, len(data) * count, 7, data)
        decoder = decoder or FountainDecoder(one)
        if decoder.fits(one):
            decoder.add(one)
        assert decoder.known <= decoder.count
        if decoder.known == decoder.count:
            try:
                assert crc32(decoder.message() or b"") == 7
            except Malformed:
                decoder = None
