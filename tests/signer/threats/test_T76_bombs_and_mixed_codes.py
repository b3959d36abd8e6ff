"""T76: QR codes that inflate to fill a memory, and codes of several messages that are mixed."""

import tracemalloc
import zlib
from hashlib import sha256

import pytest

from signer.errors import Malformed
from signer.formats.qr import bbqr, parts, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.parts import Limits

MIB = 1 << 20
OF_ITS_OWN = 128 << 10  # a piece to inflate into, twice, whatever comes in


def bomb(size: int) -> bytes:
    """So many zero bytes, deflated: a thousandth."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join(deflater.compress(bytes(MIB)) for _ in range(size // MIB)) + deflater.flush()


def codes(deflated: bytes) -> list[str]:
    texts = bbqr.split(BbqrFile("P", deflated), 40, "2")
    return [text.replace("B$2", "B$Z", 1) for text in texts]


def peak(texts: list[str], limits: Limits) -> int:
    """The most memory that reading these codes took until they were refused, in bytes."""
    collector = bbqr.BbqrCollector("P", limits)
    tracemalloc.start()
    try:
        for text in texts[:-1]:
            collector.add(text)
        with pytest.raises(Malformed, match="inflates to more"):
            collector.add(texts[-1])
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [1, 8, 64])
def test_a_bomb_is_refused_within_eight_times_its_letters(size: int) -> None:
    texts = codes(bomb(size * MIB))
    letters = sum(map(len, texts))
    assert size * MIB > 500 * letters
    # No limit on the message, as it were: the growth alone gives it away.
    assert peak(texts, Limits(message_bytes=1 << 40)) < 8 * letters + OF_ITS_OWN


def from_one_address(count: int) -> bytes:
    """So many coins as a payment lists them: only their transaction ids differ."""
    coins = (sha256(index.to_bytes(2, "big")).digest() + bytes(130) for index in range(count))
    return b"".join(coins)


def test_a_payment_from_one_address_a_thousand_times_is_no_bomb() -> None:
    whole = BbqrFile("P", from_one_address(1000))
    texts = bbqr.split(whole, 40)
    assert len(whole.data) > 2.5 * sum(map(len, texts))
    collector = bbqr.BbqrCollector("P")
    assert [collector.add(text) for text in texts][-1] == whole


def test_what_grows_over_the_limit_of_a_message_is_refused_too() -> None:
    texts = list(bbqr.split(BbqrFile("P", from_one_address(1000)), 40))
    assert peak(texts, Limits(message_bytes=160_000)) < 3 * sum(map(len, texts)) + OF_ITS_OWN


def test_no_code_of_one_message_gets_into_another() -> None:
    one, other = (
        bbqr.split(BbqrFile("P", bytes((fill,)) * 900), 10, encoding)
        for fill, encoding in ((1, "2"), (2, "H"))
    )
    renamed = [text.replace("B$2P", "B$2T", 1) for text in one]
    longer = bbqr.split(BbqrFile("P", bytes((3,)) * 1300), 10, "2")
    assert len({len(one), len(other), len(longer)}) == 3
    for stray in (other[0], renamed[0], longer[0]):
        collector = bbqr.BbqrCollector("PT")
        collector.add(stray)
        assert [collector.add(text) for text in one][-1] == BbqrFile("P", bytes((1,)) * 900)


def test_the_same_code_with_other_bytes_ends_the_series_without_a_file() -> None:
    one, other = (bbqr.split(BbqrFile("P", bytes((fill,)) * 900), 10, "2") for fill in (1, 2))
    collector = bbqr.BbqrCollector("P")
    for text in one[:-1]:
        collector.add(text)
    with pytest.raises(Malformed, match="mixed"):
        collector.add(other[0])
    assert collector.add(one[-1]).known == 1


def test_a_multipart_ur_of_another_message_is_collected_apart() -> None:
    one, other = (parts.split(ur.from_psbt(bytes((fill,)) * 900), 100) for fill in (1, 2))
    collector = parts.PartCollector(ur.PSBT_TYPES)
    turns = (text for pair in zip(one, other, strict=True) for text in pair)
    seen = [collector.add(text) for text in turns]
    found = {ur.to_psbt(whole) for whole in seen if isinstance(whole, ur.Ur)}
    assert found
    assert found <= {bytes((1,)) * 900, bytes((2,)) * 900}
