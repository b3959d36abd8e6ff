"""A good message among strays and other animations, and what the worst codes cost."""

import itertools
import time
from binascii import crc32
from collections.abc import Iterator

import pytest

from signer.formats.qr import bbqr, bytewords, fountain, parts, ur
from signer.formats.qr.bbqr import BbqrCollector, BbqrFile
from signer.formats.qr.fountain import FountainDecoder, FountainPart
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.series import cut, fragment_length
from signer.formats.qr.ur import PSBT_TYPES, Ur, UrPart
from signer.hashes import sha256
from tests.nights import AT_NIGHT


def noise(seed: str, length: int) -> bytes:
    blocks = (sha256(f"{seed} {n}".encode()) for n in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def endless(payload: Ur, fragment: int) -> Iterator[str]:
    return (
        ur.render(UrPart(payload.type, part)) for part in fountain.parts(payload.cbor, fragment)
    )


def strays() -> Iterator[str]:
    """Parts of messages that never come again."""
    for number in itertools.count():
        yield next(endless(ur.from_psbt(noise(f"stray {number}", 500)), 100))


def test_a_good_message_completes_amid_five_strays_a_code_and_three_animations() -> None:
    good = ur.from_psbt(noise("good", 4000))
    n = len(fountain.fragments(good.cbor, 200))
    others = [endless(ur.from_psbt(noise(f"other {k}", 1500 + 900 * k)), 150) for k in range(3)]
    collector, fresh = PartCollector(PSBT_TYPES), strays()
    for shown, text in enumerate(itertools.islice(endless(good, 200), 3 * n), 1):
        for other in [*others, *[fresh] * 5]:
            collector.add(next(other))
        if collector.add(text) == good:
            assert shown <= 3 * n
            return
    pytest.fail(f"not whole within {3 * n} codes")


@pytest.mark.parametrize("encoding", ["H", "2"])
def test_a_bbqr_stray_at_every_fourth_code_does_not_end_the_file(encoding: str) -> None:
    good = BbqrFile("P", noise("good", 5000))
    texts = bbqr.split(good, 10, encoding)
    other = bbqr.split(BbqrFile("P", noise("other", 4000)), 10, encoding)
    assert len(texts) > len(other) > 12
    collector = BbqrCollector("P")
    files = []
    for shown in range(3 * len(texts)):
        files.append(collector.add(texts[shown % len(texts)]))
        if files[-1] == good:
            return
        if shown % 4 == 1:
            collector.add(other[shown % len(other)])
    pytest.fail("never whole")


def test_a_checksum_without_its_leading_zeros_is_taken() -> None:
    data = next(data for n in itertools.count() if crc32(data := b"%d" % n) < 1 << 24)
    whole = bytewords.encode(data)
    assert bytewords.decode(whole) == data
    short = whole[: 2 * len(data)] + whole[2 * len(data) + 2 :]
    assert bytewords.decode(short) == data


@pytest.mark.parametrize("count", [256, pytest.param(2048, marks=AT_NIGHT)])
def test_the_last_of_many_dense_parts_costs_no_more_than_the_others(count: int) -> None:
    length = 30
    message = noise("dense", count * length)
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


@pytest.mark.parametrize(("size", "most"), [(20_000, 57), (100_000, 254)])
def test_codes_at_version_20_with_a_loss_of_30_percent(size: int, most: int) -> None:
    """The median of eleven, each beginning to look at a moment of its own: ours, read by us."""
    shown = sorted(codes_until_whole(size, seed) for seed in range(11))
    assert shown[5] <= most, shown


def codes_until_whole(size: int, seed: int) -> int:
    payload = ur.from_psbt(noise("payment", size))
    series = cut(payload, 20)
    assert fragment_length(payload, 20) >= 585
    collector = PartCollector(PSBT_TYPES)
    for shown in itertools.count(1):
        if sha256(b"%d %d" % (seed, shown))[0] < 77:
            continue
        if isinstance(collector.add(series.text(seed * 1009 + shown)), Ur):
            return shown
    raise AssertionError


def test_a_limit_keeps_what_goes_on_and_drops_what_came_once() -> None:
    limits = parts.Limits(candidates=2, strays=3)
    assert limits.surplus([1, 5, 1, 1, 6]) is None
    assert limits.surplus([1, 5, 1, 1, 1]) == 0
    assert limits.surplus([7, 5, 6]) == 1
