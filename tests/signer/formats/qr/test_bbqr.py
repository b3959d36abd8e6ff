"""BBQr: read as the field writes it, whole in any order, and never more memory than was allowed."""

import zlib
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from host import optics
from signer.errors import Malformed
from signer.formats.qr import bbqr
from signer.formats.qr.bbqr import CAPACITY, BbqrCollector, BbqrFile, BbqrPart
from signer.formats.qr.parts import Limits, Progress
from tests.signer.published import shared

FILES = st.builds(BbqrFile, st.sampled_from("PTJCUBX"), st.binary(min_size=1, max_size=3000))
ENCODINGS = st.sampled_from("H2Z")
VERSIONS = st.integers(1, 40)


def psbt(length: int, first: int = 0) -> bytes:
    """Bytes in the place of a PSBT: what is inside is nobody's business here."""
    return bytes((first + i * i + i // 7) % 256 for i in range(length))


def series(length: int, first: int = 0, encoding: str = "2", version: int = 6) -> tuple[str, ...]:
    return bbqr.split(BbqrFile("P", psbt(length, first)), version, encoding)


def feed(collector: BbqrCollector, texts: Iterable[str]) -> bytes | None:
    """The first file that the texts complete."""
    for text in texts:
        if isinstance(seen := collector.add(text), BbqrFile):
            return seen.data
    return None


# --- what the field writes


def test_a_series_that_a_scanner_read_from_a_screen_is_whole() -> None:
    scanned = shared("qr/bbqr/real-scan.txt").read_text().split()
    text = feed(BbqrCollector("U"), scanned)
    assert text is not None
    assert len(text) == 12518
    assert text.startswith(b"# The BBQr Protocol")


@pytest.mark.parametrize(
    "name",
    ["1in2out.psbt", "1in10out.psbt", "1in1000out.psbt", "signed.txn", "devils-txn.txn"],
)
@pytest.mark.parametrize("encoding", ["H", "2", "Z"])
def test_published_payments_and_transactions_come_back(name: str, encoding: str) -> None:
    whole = BbqrFile("P", shared(f"qr/bbqr/{name}").read_bytes())
    texts = bbqr.split(whole, 40, encoding)
    assert texts[0][2] == encoding
    assert feed(BbqrCollector("P"), reversed(texts)) == whole.data


# --- what we write


@pytest.mark.parametrize("version", range(1, 41))
def test_a_code_of_a_version_holds_its_capacity_and_not_a_letter_more(version: int) -> None:
    letters = CAPACITY[version - 1]
    assert optics.version_for(("B" * letters,)) == version
    if version < 40:
        assert optics.version_for(("B" * (letters + 1),)) == version + 1


@given(FILES, ENCODINGS, VERSIONS, st.data())
def test_a_file_in_any_order_is_the_file(
    whole: BbqrFile, encoding: str, version: int, chance: st.DataObject
) -> None:
    texts = chance.draw(st.permutations(bbqr.split(whole, version, encoding)))
    collector = BbqrCollector(whole.kind)
    for known, text in enumerate(texts[:-1], start=1):
        assert collector.add(text) == Progress(known, len(texts), new=True)
        assert collector.add(text) == Progress(known, len(texts), new=False)
    assert collector.add(texts[-1]) == whole


@pytest.mark.parametrize("encoding", ["H", "2", "Z"])
def test_a_file_in_many_of_the_smallest_codes_is_the_file(encoding: str) -> None:
    texts = bbqr.split(BbqrFile("P", psbt(2000)), 1, encoding)
    assert feed(BbqrCollector("P"), texts) == psbt(2000)


@given(FILES, ENCODINGS, VERSIONS)
@example(BbqrFile("P", bytes(3000)), "H", 1)
@example(BbqrFile("P", bytes(3000)), "2", 2)  # one letter too few for another eight
@example(BbqrFile("P", bytes(3000)), "2", 7)  # and just enough
def test_codes_fit_their_version_are_few_and_of_one_size(
    whole: BbqrFile, encoding: str, version: int
) -> None:
    texts = bbqr.split(whole, version, encoding)
    assert all(text.isascii() and text == text.upper() for text in texts)
    assert all(text.startswith(bbqr.START) for text in texts)
    assert max(map(len, texts)) <= CAPACITY[version - 1]
    assert len({len(text) for text in texts[:-1]}) <= 1
    assert len(texts[-1]) <= len(texts[0])
    unit = 2 if texts[0][2] == "H" else 8
    room = (CAPACITY[version - 1] - 8) // unit * unit
    assert (len(texts) - 1) * room < sum(len(text) - 8 for text in texts)


def test_what_deflate_only_lengthens_is_sent_as_it_is() -> None:
    assert series(7, encoding="Z")[0].startswith("B$2P0100")
    assert len(deflated(bytes(5))) == 5
    assert bbqr.split(BbqrFile("P", bytes(5)), 12)[0].startswith("B$2P0100")
    assert bbqr.split(BbqrFile("P", bytes(500)), 12)[0].startswith("B$ZP0100")


def test_1295_codes_are_a_series_and_one_more_is_none() -> None:
    texts = bbqr.split(BbqrFile("P", psbt(12_950)), 1, "2")
    assert len(texts) == 1295
    assert feed(BbqrCollector("P"), texts) == psbt(12_950)
    with pytest.raises(Malformed, match="do not fit"):
        bbqr.split(BbqrFile("P", psbt(12_951)), 1, "2")


@pytest.mark.parametrize(("size", "version"), [(0, 40), (20_000, 1), (4 << 20, 40)])
def test_nothing_or_too_much_is_no_series(size: int, version: int) -> None:
    with pytest.raises(Malformed, match="do not fit"):
        bbqr.split(BbqrFile("P", psbt(size)), version, "2")


# --- what is no code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "B$2P0100",
        "b$2P0100AE",
        "B$2P0100ae",
        "B$2p0100AE",
        "B$3P0100AE",
        "B$2P0000AE",
        "B$2P0101AE",
        "B$2P01-1AE",
        "B$2P0100A",
        "B$2P0100AEA",
        "B$2P0100AF",
        "B$2P0100A1",
        "B$2P0100AE======",
        "B$2P0200AE",
        "B$HP0100A",
        "B$HP0100AG",
        "B$HP0100af",
        "B$2P0100AE\n",
        "B$2P0100\N{LATIN CAPITAL LETTER A WITH GRAVE}E",
        "B$2P\N{ARABIC-INDIC DIGIT ZERO}100AE",
        "B$2P0100" + "A" * 4296,
        "UR:BYTES/AEADAOLAZMJENDEOTI",
    ],
)
def test_what_is_not_to_the_letter_a_code_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        bbqr.parse(text)


def test_a_code_as_long_as_the_largest_qr_code_is_read_and_a_longer_one_is_not() -> None:
    assert bbqr.parse("B$2P0100" + "A" * 4288).data == bytes(2680)
    with pytest.raises(Malformed, match="4304 letters fits no QR code"):
        bbqr.parse("B$2P0100" + "A" * 4296)


def test_a_code_says_what_it_is() -> None:
    assert bbqr.parse("B$2P0100AE") == BbqrPart("2", bbqr.PSBT, 1, 0, b"\x01")
    assert bbqr.parse("B$HUZZZY00FF") == BbqrPart("H", "U", 1295, 1294, b"\x00\xff")


@given(st.text(max_size=60) | st.from_regex(r"\AB\$[H2Z][A-Z][0-9A-Z]{4}[0-9A-Z]{0,40}\Z"))
@example("B$2P0100AE")
def test_a_text_that_is_taken_is_the_only_one_that_means_so(text: str) -> None:
    with suppress(Malformed):
        part = bbqr.parse(text)
        if part.count == 1:
            written = "H" if part.encoding == "H" else "2"
            [again] = bbqr.split(BbqrFile(part.kind, part.data), 40, written)
            assert again[3:] == text[3:]


# --- codes of several files


def test_codes_that_disagree_are_collected_apart() -> None:
    collector = BbqrCollector("PT")
    ours, longer = series(500), series(900, first=5)
    hexed = series(300, encoding="H")
    assert len({len(ours), len(longer), len(hexed)}) == 3
    turns = [text for group in zip(ours, longer, hexed, strict=False) for text in group]
    assert feed(collector, turns + list(ours)) in (psbt(500), psbt(300))
    collector.reset()
    named_otherwise = ours[1].replace("B$2P", "B$2T")
    assert collector.add(ours[0]) == Progress(1, len(ours), new=True)
    assert collector.add(named_otherwise) == Progress(1, len(ours), new=True)


@pytest.mark.parametrize("other", ["B$2P0300", "B$2P0301", "B$2P0302"])
def test_a_code_that_contradicts_the_others_is_refused_with_all_of_them(other: str) -> None:
    first = [f"B$2P03{index:02}{'A' * 16}" for index in range(3)]
    collector = BbqrCollector("P")
    for text in first[:2]:
        collector.add(text)
    with pytest.raises(Malformed, match="mixed"):
        collector.add(other + "B" * 24)
    assert collector.add(other + "B" * 24) == Progress(1, 3, new=True)


def test_two_files_of_one_shape_never_make_a_third_while_both_are_in_view() -> None:
    one, other = series(500), series(500, first=9)
    assert len(one) == len(other) > 2
    collector = BbqrCollector("P")
    found = []
    for texts in zip(one, other, strict=True):
        for text in texts:
            with suppress(Malformed):
                found.append(collector.add(text))
    assert not any(isinstance(seen, BbqrFile) for seen in found)
    assert feed(collector, one * 2) == psbt(500)


def test_a_longer_last_code_and_one_longer_than_the_first_are_refused() -> None:
    for texts in (("B$2P0201" + "A" * 16, "B$2P0200" + "A" * 8),):
        for order in (texts, texts[::-1]):
            collector = BbqrCollector("P")
            collector.add(order[0])
            with pytest.raises(Malformed, match="mixed"):
                collector.add(order[1])


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
def test_codes_of_two_lengths_are_refused_in_whatever_order_they_come(
    order: tuple[int, ...],
) -> None:
    texts = ("B$2P0300" + "A" * 16, "B$2P0301" + "A" * 8, "B$2P0302" + "A" * 8)
    with pytest.raises(Malformed, match="mixed"):
        feed(BbqrCollector("P"), [texts[index] for index in order])


def test_of_files_too_many_the_first_that_came_once_is_forgotten() -> None:
    collector = BbqrCollector("PTJU", Limits(candidates=2, strays=1))
    one, two, three, four = (
        [text.replace("B$2P", f"B$2{kind}") for text in series(500)] for kind in "PTJU"
    )
    feed(collector, [*one[:2], two[0], *three[:2], four[0]])
    assert collector.add(one[2]) == Progress(3, 5, new=True)
    assert collector.add(three[2]) == Progress(3, 5, new=True)
    assert collector.add(four[0]) == Progress(1, 5, new=False)
    assert collector.add(two[0]) == Progress(1, 5, new=True)


def test_a_stray_code_first_neither_poisons_nor_delays() -> None:
    collector = BbqrCollector("P")
    collector.add("B$2PZZ07" + "A" * 16)
    assert feed(collector, series(500)) == psbt(500)


def test_many_strays_in_between_do_not_start_it_over() -> None:
    collector = BbqrCollector("P")
    texts = series(500)
    for at, text in enumerate(texts):
        for count in range(2):
            collector.add(f"B$2P{10 * at + count + 10:02}00AAAAAAAA")
        seen = collector.add(text)
    assert seen == BbqrFile("P", psbt(500))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("P", "a PSBT"),
        ("T", "a transaction"),
        ("J", "JSON"),
        ("C", "CBOR"),
        ("U", "text"),
        ("B", "bytes"),
        ("X", "a program"),
        ("R", "a teleported secret"),
        ("S", "a teleported secret"),
        ("E", "a teleported secret"),
        ("Q", "something unknown"),
    ],
)
def test_another_type_is_malformed_and_named(kind: str, name: str) -> None:
    with pytest.raises(Malformed, match=f"holds {name}\\."):
        BbqrCollector("Z").add(f"B$2{kind}0100AE")


@pytest.mark.parametrize(
    "limits", [Limits(message_bytes=400), Limits(parts=3)], ids=["bytes", "parts"]
)
def test_a_file_over_a_limit_is_malformed_at_its_first_code(limits: Limits) -> None:
    with pytest.raises(Malformed, match="too long"):
        BbqrCollector("P", limits).add(series(500)[0])


@pytest.mark.parametrize("limits", [Limits(message_bytes=500), Limits(parts=5)], ids=str)
def test_a_file_as_large_as_a_limit_is_read(limits: Limits) -> None:
    assert feed(BbqrCollector("P", limits), series(500)) == psbt(500)


def test_what_only_the_last_code_can_say_is_found_there() -> None:
    texts = series(500)
    collector = BbqrCollector("P", Limits(message_bytes=401))  # as if its last had a byte alone
    assert feed(collector, texts[:-1]) is None
    with pytest.raises(Malformed, match="too long"):
        collector.add(texts[-1])


def test_reset_forgets_what_is_unfinished() -> None:
    texts = series(500)
    collector = BbqrCollector("P")
    feed(collector, texts[:-1])
    collector.reset()
    assert collector.add(texts[-1]) == Progress(1, len(texts), new=True)


# --- what was deflated


def deflated(data: bytes, window_bits: int = -10) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    return deflater.compress(data) + deflater.flush()


def as_z(data: bytes) -> list[str]:
    """`data`, deflated already, as codes that say so."""
    return [text.replace("B$2", "B$Z", 1) for text in bbqr.split(BbqrFile("P", data), 40, "2")]


NOISE = b"".join(sha256(index.to_bytes(2)).digest() for index in range(1024))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xff" * 9, "broken"),
        (deflated(psbt(900))[:-1], "too early"),
        (deflated(psbt(900)) + b"\0", "left over"),
        (deflated(psbt(900)) + deflated(psbt(9)), "left over"),
        (deflated(psbt(900), 10), "broken"),
    ],
    ids=["noise", "cut", "one byte more", "two streams", "with a zlib header"],
)
def test_what_is_no_single_deflate_stream_is_malformed(data: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        feed(BbqrCollector("P"), as_z(data))


def test_what_was_deflated_may_be_as_large_as_the_limit_or_empty() -> None:
    texts = as_z(deflated(bytes(900)))
    assert feed(BbqrCollector("P", Limits(message_bytes=900)), texts) == bytes(900)
    with pytest.raises(Malformed, match="inflates to more"):
        feed(BbqrCollector("P", Limits(message_bytes=899)), texts)
    assert feed(BbqrCollector("P"), as_z(deflated(b""))) == b""


@pytest.mark.parametrize(("back", "seen"), [(512, True), (1056, False)])
def test_we_write_for_readers_with_a_kibibyte_of_window(back: int, *, seen: bool) -> None:
    whole = NOISE[:back] * 8
    ours = "".join(text[8:] for text in bbqr.split(BbqrFile("P", whole), 40))
    assert (len(ours) * 5 // 8 < 0.9 * len(whole)) is seen


@pytest.mark.parametrize("back", [2048, 30_000])
def test_we_read_what_was_written_with_any_window(back: int) -> None:
    whole = NOISE[:back] * 3
    wide = deflated(whole, -15)
    assert len(wide) < 1.1 * back
    assert feed(BbqrCollector("P"), as_z(wide)) == whole


def test_64_kibibytes_may_be_made_of_nothing() -> None:
    most = 64 << 10
    assert feed(BbqrCollector("P"), as_z(deflated(bytes(most)))) == bytes(most)
    with pytest.raises(Malformed, match="inflates to more"):
        feed(BbqrCollector("P"), as_z(deflated(bytes(most + 1))))


def test_a_larger_file_may_be_eight_times_as_long_as_its_codes() -> None:
    less, more = (NOISE[:9000] + bytes(size) for size in (61_500, 66_000))
    assert 7.5 * len(deflated(less)) < len(less) < 8 * len(deflated(less))
    assert feed(BbqrCollector("P"), as_z(deflated(less))) == less
    assert 8 * len(deflated(more)) < len(more) < 8.5 * len(deflated(more))
    with pytest.raises(Malformed, match="inflates to more"):
        feed(BbqrCollector("P"), as_z(deflated(more)))


def test_the_series_after_a_broken_one_is_read() -> None:
    collector = BbqrCollector("P")
    with pytest.raises(Malformed):
        feed(collector, as_z(b"\xff" * 9))
    assert feed(collector, as_z(deflated(psbt(900)))) == psbt(900)


PIECES = (
    st.text(max_size=30)
    | st.sampled_from(series(300) + series(300, 5) + series(500, encoding="Z"))
    | st.builds(
        lambda encoding, count, index, data: (
            bbqr.split(BbqrFile("P", data), 40, encoding)[0][:4]
            + f"{count:02}{index:02}"
            + bbqr.split(BbqrFile("P", data), 40, encoding)[0][8:]
        ),
        st.sampled_from("H2"),
        st.integers(1, 12),
        st.integers(0, 12),
        st.binary(min_size=1, max_size=30),
    )
)


@given(st.lists(PIECES, max_size=60))
def test_no_codes_break_it_and_honest_rounds_after_them_are_read(texts: list[str]) -> None:
    collector = BbqrCollector("P")
    for text in texts:
        with suppress(Malformed):
            collector.add(text)
    found = []
    # Whatever the strays began may end first, once: of one shape, in a contradiction.
    for _ in range(3):
        with suppress(Malformed):
            found.append(feed(collector, series(700, first=77)))
    assert psbt(700, 77) in found


def test_no_repr_holds_what_was_read() -> None:
    part = bbqr.parse("B$HP010077616C6C6574")
    assert "wallet" not in repr(part)
    assert "wallet" not in repr(BbqrFile("P", part.data))
