"""Series of codes: whole from any enough of them, and a stray code spoils nothing."""

import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.qr import fountain, parts, ur
from signer.formats.qr.fountain import FountainPart
from signer.formats.qr.parts import Limits, PartCollector, Progress
from signer.formats.qr.ur import PSBT_TYPES, Ur, UrPart


def psbt(length: int, first: int = 0) -> bytes:
    """Bytes in the place of a PSBT: what is inside is nobody's business here."""
    return bytes((first + i * i + i // 7) % 256 for i in range(length))


def series(length: int, max_fragment: int = 50, first: int = 0) -> tuple[str, ...]:
    return parts.split(ur.from_psbt(psbt(length, first)), max_fragment)


def endless(length: int, max_fragment: int = 50, first: int = 0) -> Iterator[str]:
    payload = ur.from_psbt(psbt(length, first))
    for part in fountain.parts(payload.cbor, max_fragment):
        yield ur.render(UrPart(payload.type, part))


def feed(collector: PartCollector, texts: Iterable[str]) -> bytes | None:
    """The first PSBT that the texts complete."""
    for text in texts:
        if isinstance(seen := collector.add(text), Ur):
            return ur.to_psbt(seen)
    return None


def test_a_small_payload_is_one_code_and_a_larger_one_twice_its_fragments() -> None:
    assert len(series(48)) == 1  # and two bytes of CBOR in front
    assert len(series(49)) == 2 * 2
    assert len(series(500)) == 2 * 11
    assert all(text == text.upper() for text in series(500))


def test_codes_of_a_series_differ_in_length_by_the_digits_of_their_numbers_only() -> None:
    lengths = {len(text) for text in series(2000, 200)[:9]}
    assert len(lengths) == 1


@given(
    st.integers(1, 1200),
    st.integers(10, 200),
    st.integers(0, 1 << 20),
    st.lists(st.booleans(), min_size=1, max_size=40),
)
def test_a_loop_watched_from_any_moment_with_any_losses_is_read(
    length: int, max_fragment: int, start: int, caught: list[bool]
) -> None:
    loop = series(length, max_fragment)
    shown = [loop[(start + i) % len(loop)] for i in range(len(loop))]
    seen = [text for i, text in enumerate(shown) if caught[i % len(caught)]]
    # One whole round more, for what was lost.
    assert feed(PartCollector(PSBT_TYPES), seen + shown) == psbt(length)


def test_progress_counts_what_is_known_and_tells_new_from_old() -> None:
    loop = series(500)
    collector = PartCollector(PSBT_TYPES)
    assert collector.add(loop[0]) == Progress(1, 11, new=True)
    assert collector.add(loop[0]) == Progress(1, 11, new=False)
    assert collector.add(loop[5].lower()) == Progress(2, 11, new=True)


def test_two_messages_shown_in_turns_are_both_read() -> None:
    collector = PartCollector(PSBT_TYPES)
    turns = zip(islice(endless(500), 40), islice(endless(700, first=9), 40), strict=True)
    assert feed(collector, (text for pair in turns for text in pair)) == psbt(500)


def test_a_stray_part_first_neither_poisons_nor_delays() -> None:
    collector = PartCollector(PSBT_TYPES)
    stray = UrPart("crypto-psbt", FountainPart(1, 2000, 2000 * 50, 7, bytes(50)))
    collector.add(ur.render(stray))
    assert feed(collector, series(500)[:11]) == psbt(500)


def test_many_strays_in_between_do_not_start_it_over() -> None:
    collector = PartCollector(PSBT_TYPES)
    for i, text in enumerate(series(500)[:11]):
        for k in range(2):
            stray = FountainPart(1, 3, 30, 100 * i + k, bytes(10))
            collector.add(ur.render(UrPart("crypto-psbt", stray)))
        seen = collector.add(text)
    assert isinstance(seen, Ur)
    assert ur.to_psbt(seen) == psbt(500)


def test_a_forged_part_costs_one_round_and_no_more() -> None:
    loop = series(500)
    honest = ur.parse(loop[3])
    assert isinstance(honest, UrPart)
    part = honest.part
    forged = FountainPart(
        part.number, part.count, part.message_length, part.checksum, bytes(len(part.data))
    )
    collector = PartCollector(PSBT_TYPES)
    collector.add(ur.render(UrPart("crypto-psbt", forged)))
    with pytest.raises(Malformed, match="do not belong to one message"):
        feed(collector, loop[:11])
    assert feed(collector, loop[:11]) == psbt(500)


def test_another_type_is_malformed_and_named_with_what_was_expected() -> None:
    with pytest.raises(Malformed, match="holds crypto-account; expected is crypto-psbt or psbt"):
        PartCollector(PSBT_TYPES).add(ur.render(Ur("crypto-account", b"\xa0")))


def test_the_new_name_is_read_too_and_types_are_not_mixed() -> None:
    loop = series(500)
    collector = PartCollector(PSBT_TYPES)
    collector.add(loop[0])
    renamed = loop[1].replace("CRYPTO-PSBT", "PSBT")
    assert collector.add(renamed) == Progress(1, 11, new=True)


@pytest.mark.parametrize(
    "limits", [Limits(message_bytes=400), Limits(parts=10)], ids=["bytes", "parts"]
)
def test_a_message_over_a_limit_is_malformed_at_its_first_part(limits: Limits) -> None:
    with pytest.raises(Malformed, match="too long"):
        PartCollector(PSBT_TYPES, limits).add(series(500)[0])


@pytest.mark.parametrize("limits", [Limits(message_bytes=503), Limits(parts=11)], ids=str)
def test_a_message_as_large_as_a_limit_is_read(limits: Limits) -> None:
    assert feed(PartCollector(PSBT_TYPES, limits), series(500)) == psbt(500)


def test_half_a_mebibyte_in_2048_parts_is_taken_and_more_of_either_is_not() -> None:
    most = 512 << 10
    largest = UrPart("psbt", FountainPart(1, 2048, most, 0, bytes(256)))
    assert PartCollector(PSBT_TYPES).add(ur.render(largest)) == Progress(1, 2048, new=True)
    for part in (
        FountainPart(1, 2041, most + 1, 0, bytes(257)),
        FountainPart(1, 2049, most, 0, bytes(256)),
    ):
        with pytest.raises(Malformed, match="too long"):
            PartCollector(PSBT_TYPES).add(ur.render(UrPart("psbt", part)))


def test_what_another_message_has_shown_is_kept_when_one_is_whole() -> None:
    collector = PartCollector(PSBT_TYPES)
    ours, other = series(500), series(700, first=9)
    collector.add(other[0])
    assert feed(collector, ours) == psbt(500)
    assert collector.add(ours[0]) == Progress(1, 11, new=True)
    assert collector.add(other[0]) == Progress(1, 15, new=False)


def test_of_messages_too_many_the_first_that_came_once_is_forgotten() -> None:
    collector = PartCollector(PSBT_TYPES, Limits(candidates=2, strays=1))
    one, two, three, four = (series(500, first=first) for first in range(4))
    feed(collector, [*one[:2], two[0], *three[:2], four[0]])
    assert collector.add(one[2]) == Progress(3, 11, new=True)
    assert collector.add(three[2]) == Progress(3, 11, new=True)
    assert collector.add(four[0]) == Progress(1, 11, new=False)
    assert collector.add(two[0]) == Progress(1, 11, new=True)


def test_reset_forgets_what_is_unfinished() -> None:
    loop = series(500)
    collector = PartCollector(PSBT_TYPES)
    feed(collector, loop[:10])
    collector.reset()
    assert collector.add(loop[10]) == Progress(1, 11, new=True)


def test_parts_of_many_large_messages_keep_no_more_than_three_of_them() -> None:
    collector = PartCollector(PSBT_TYPES)
    length, count = 1500, 100
    one_message = length * count
    tracemalloc.start()
    try:
        for number in range(1, 31):
            for checksum in range(10):
                part = FountainPart(
                    number, count, one_message, checksum, bytes([checksum]) * length
                )
                collector.add(ur.render(UrPart("psbt", part)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * one_message


PIECES = (
    st.text(max_size=30)
    | st.sampled_from(series(300))
    | st.sampled_from(series(300, first=5))
    | st.builds(
        lambda number, count, checksum, data: ur.render(
            UrPart("psbt", FountainPart(number, count, count * len(data), checksum, data))
        ),
        st.integers(1, (1 << 32) - 1),
        st.integers(1, 4096),
        st.integers(0, 3),
        st.binary(min_size=1, max_size=30),
    )
)


@given(st.lists(PIECES, max_size=60))
@settings(max_examples=60)
def test_no_codes_break_it_and_an_honest_round_after_them_is_read(texts: list[str]) -> None:
    collector = PartCollector(PSBT_TYPES)
    for text in texts:
        with suppress(Malformed):
            collector.add(text)
    # Twice: whatever the strays began may end first, once.
    found = [feed(collector, islice(endless(700, first=77), 40)) for _ in range(2)]
    assert psbt(700, 77) in found
