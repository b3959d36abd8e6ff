"""A good message among strays and other animations, and what the worst codes cost."""

import itertools
import statistics
import time
from binascii import crc32

import pytest

from signer.formats.qr import bytewords, fountain, parts, ur
from signer.formats.qr.fountain import FountainDecoder, FountainPart
from signer.formats.qr.series import cut, fragment_length
from signer.formats.qr.ur import UrPart
from tests.nights import AT_NIGHT
from tests.optics import strays, transfers


def test_a_good_message_completes_amid_five_strays_a_code_and_three_animations() -> None:
    shown, count = strays.amid_animations()
    assert count > 15
    assert shown <= 3 * count


@pytest.mark.parametrize("encoding", ["H", "2", "Z"])
def test_a_bbqr_stray_at_every_fourth_code_does_not_end_the_file(encoding: str) -> None:
    shown, count = strays.amid_bbqr_strays(encoding)
    assert count > 12
    assert shown <= 3 * count


def test_a_checksum_without_its_leading_zeros_is_taken() -> None:
    data = next(data for n in itertools.count() if crc32(data := b"%d" % n) < 1 << 24)
    whole = bytewords.encode(data)
    assert bytewords.decode(whole) == data
    short = whole[: 2 * len(data)] + whole[2 * len(data) + 2 :]
    assert bytewords.decode(short) == data


@pytest.mark.parametrize("count", [256, pytest.param(2048, marks=AT_NIGHT)])
def test_the_last_of_many_dense_parts_costs_no_more_than_the_others(count: int) -> None:
    length = 30
    message = transfers.noise("dense", count * length)
    checksum = crc32(message)
    dense = (
        number
        for number in itertools.count(count + 1)
        if len(fountain.chosen(number, count, checksum)) > count // 34
    )
    series = fountain.Fountain(message, length)
    decoder: FountainDecoder | None = None
    worst, whole = 0.0, None
    for number in itertools.islice(dense, count * 3 // 4):
        part: FountainPart = series.part(number)
        began = time.process_time()
        decoder = decoder or FountainDecoder(part)
        decoder.add(part)
        whole = decoder.message()
        worst = max(worst, time.process_time() - began)
    assert decoder is not None
    for number in range(1, count + 1):
        part = series.part(number)
        began = time.process_time()
        decoder.add(part)
        whole = decoder.message()
        worst = max(worst, time.process_time() - began)
        if whole:
            break
    assert whole == message
    assert worst < 0.05, f"{worst * 1000:.0f} ms"


@pytest.mark.parametrize("size", transfers.BARS)
def test_codes_and_seconds_at_version_20_with_a_loss_of_30_percent(size: int) -> None:
    """The median of eleven from the start, and of eleven from moments of their own."""
    assert fragment_length(ur.from_psbt(transfers.noise("payment", size)), 20) >= 585
    most_codes, most_seconds = transfers.BARS[size]
    for step in (0, 1009):
        codes, seconds = transfers.medians(size, 11, step)
        assert codes <= most_codes
        assert seconds <= most_seconds


def test_a_reader_that_solves_gets_dense_parts_and_the_others_what_they_peel() -> None:
    payload = ur.from_psbt(transfers.noise("payment", 20_000))
    by_number = cut(payload, 20)
    dense = cut(payload, 20, is_solved=True)
    count = by_number.count
    assert [dense.text(n) for n in range(count)] == [by_number.text(n) for n in range(count)]
    mixed = [ur.parse(dense.text(n)) for n in range(count, count + 40)]
    sizes = [
        len(fountain.chosen(part.part.number, count, part.part.checksum))
        for part in mixed
        if isinstance(part, UrPart)
    ]
    assert len(sizes) == 40
    assert count // 4 < statistics.median(sizes) < 3 * count // 4
    last = ur.parse(dense.text(dense.length - 1))
    assert isinstance(last, UrPart)
    assert last.part.number < 1 << 16


def test_a_limit_keeps_what_goes_on_and_drops_what_came_once() -> None:
    limits = parts.Limits(candidates=2, strays=3)
    assert limits.surplus([1, 5, 1, 1, 6]) is None
    assert limits.surplus([1, 5, 1, 1, 1]) == 0
    assert limits.surplus([7, 5, 6]) == 1
