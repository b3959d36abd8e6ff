"""URs: published texts read and written letter for letter, and nothing else is taken for one."""

import json
from contextlib import suppress
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.cbor import Value
from signer.formats.qr import bytewords, fountain, ur
from signer.formats.qr.fountain import FountainPart, Xoshiro
from signer.formats.qr.ur import MAX_TEXT, Ur, UrPart
from tests.signer import published

UR = published.own("ur")


def wolf_bytes(length: int) -> Ur:
    rng = Xoshiro(b"Wolf")
    return Ur("bytes", cbor.encode(bytes(rng.below(256) for _ in range(length))))


def body(*numbers: Value, data: bytes = bytes(10)) -> str:
    return bytewords.encode(cbor.encode([*numbers, data]))


def test_a_published_single_ur_is_written_and_read() -> None:
    assert ur.render(wolf_bytes(50)) == UR["single"].upper()
    assert ur.parse(UR["single"]) == ur.parse(UR["single"].upper()) == wolf_bytes(50)


def test_the_published_parts_are_written_letter_for_letter() -> None:
    payload = wolf_bytes(256)
    series = islice(fountain.parts(payload.cbor, 30), 20)
    rendered = [ur.render(UrPart("bytes", part)) for part in series]
    assert rendered == [text.upper() for text in UR["parts_of_256_bytes_by_30"]]


def test_published_parts_are_read() -> None:
    for number, text in enumerate(UR["parts_of_256_bytes_by_30"], start=1):
        found = ur.parse(text)
        assert isinstance(found, UrPart)
        assert (found.part.number, found.part.count, found.part.message_length) == (number, 9, 259)


def test_a_published_part_whose_checksum_begins_with_a_zero_byte_is_read() -> None:
    text = UR["checksum_begins_with_zero"]
    found = ur.parse(text)
    assert isinstance(found, UrPart)
    assert (found.part.number, found.part.count, len(found.part.data)) == (20, 29, 196)
    assert ur.render(found) == text.upper()


def test_every_ur_in_the_research_papers_reads_to_its_cbor() -> None:
    papers = json.loads(published.shared("qr/bcr_urs.json").read_text())
    cases = [case for name, paper in papers.items() if name[0] != "_" for case in paper]
    single = [case for case in cases if "cbor" in case]
    assert len(single) > 20
    for case in single:
        found = ur.parse(case["ur"])
        assert isinstance(found, Ur)
        assert found.cbor.hex() == case["cbor"]
        assert ur.render(found) == case["ur"].upper()


def test_urs_of_the_field_read_to_their_cbor() -> None:
    peers = json.loads(published.shared("qr/peer_vectors.json").read_text())
    cases = [case for case in peers.values() if "ur_cbor" in case]
    assert len(cases) >= 5
    for case in cases:
        found = ur.parse(case["ur"])
        assert isinstance(found, Ur)
        assert found.cbor.hex() == case["ur_cbor"]


def test_a_psbt_is_written_under_the_name_that_every_reader_knows() -> None:
    written = ur.from_psbt(b"psbt\xff and so on")
    assert written.type == "crypto-psbt"
    assert cbor.decode(written.cbor) == b"psbt\xff and so on"
    assert ur.to_psbt(written) == b"psbt\xff and so on"


def test_a_psbt_is_read_under_its_new_name_and_with_a_stray_tag() -> None:
    paper = ur.parse(UR["psbt"]["ur"])
    assert isinstance(paper, Ur)
    psbt = ur.to_psbt(paper)
    assert psbt.startswith(b"psbt\xff")
    for kind, tag in (("psbt", 40310), ("crypto-psbt", 310)):
        assert ur.to_psbt(Ur(kind, cbor.encode(cbor.Tag(tag, psbt)))) == psbt


@pytest.mark.parametrize(
    "other",
    [
        Ur("bytes", cbor.encode(b"psbt\xff")),
        Ur("crypto-psbt", cbor.encode("psbt")),
        Ur("crypto-psbt", cbor.encode(cbor.Tag(311, b"psbt\xff"))),
        Ur("crypto-psbt", b"\x45psb"),
    ],
)
def test_what_is_no_psbt_is_malformed(other: Ur) -> None:
    with pytest.raises(Malformed):
        ur.to_psbt(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ur:",
        "ur:bytes",
        "ur:bytes/",
        "bytes/aeadaolazmjendeoti",
        "ur:by_tes/aeadaolazmjendeoti",
        "ur:-bytes/aeadaolazmjendeoti",
        "ur:byt--es/aeadaolazmjendeoti",
        "ur:bytes/aeadaolazmjendeoti\n",
        " ur:bytes/aeadaolazmjendeoti",
        "ur:bytes/1-1/2-2/aeadaolazmjendeoti",
        "ur:bytes/1of3/aeadaolazmjendeoti",
        f"ur:bytes/0-4/{body(0, 4, 40, 1)}",
        f"ur:bytes/01-4/{body(1, 4, 40, 1)}",
        f"ur:bytes/+1-4/{body(1, 4, 40, 1)}",
        f"ur:bytes/\u0661-4/{body(1, 4, 40, 1)}",
        f"ur:bytes/2-4/{body(1, 4, 40, 1)}",
        f"ur:bytes/1-5/{body(1, 4, 40, 1)}",
        f"ur:bytes/1-4/{body(1, 4, 400, 1)}",
        f"ur:bytes/1-4/{body(1, 4, 40)}",
        f"ur:bytes/1-4/{body(1, 4, 40, 1, 1)}",
        f"ur:bytes/1-4/{body(True, 4, 40, 1)}",
        f"ur:bytes/1-4/{body(1, 4, 40, True)}",
        f"ur:bytes/1-4294967295/{body(1, 4294967295, 40, 1)}",
        f"ur:bytes/1-4/{bytewords.encode(cbor.encode([1, 4, 40, 1, 'text']))}",
        "ur:bytes/" + "a" * MAX_TEXT,
    ],
)
def test_what_is_no_ur_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        ur.parse(text)


def test_a_ur_as_long_as_the_largest_qr_code_is_read_and_a_longer_one_is_not() -> None:
    longest = Ur("psbt", bytes(2140))
    assert len(ur.render(longest)) == 4296
    assert ur.parse(ur.render(longest)) == longest
    with pytest.raises(Malformed, match="4297 letters fits no QR code"):
        ur.parse(ur.render(Ur("bytes", bytes(2140))))


def test_a_letter_of_another_script_is_not_taken_for_one_of_its_capitals() -> None:
    text = ur.render(Ur("kind", b"wolf"))
    with pytest.raises(Malformed, match="no UR"):
        ur.parse(text.replace("K", "\N{KELVIN SIGN}", 1))


def test_a_part_whose_numbers_are_longer_than_needed_is_read() -> None:
    long = bytes.fromhex("85 1a00000001 1a00000004 1a00000028 1a00000001 580a") + bytes(10)
    found = ur.parse(f"ur:bytes/1-4/{bytewords.encode(long)}")
    assert found == UrPart("bytes", FountainPart(1, 4, 40, 1, bytes(10)))


def test_a_part_whose_bytes_come_in_pieces_is_malformed() -> None:
    pieces = bytes.fromhex("85 01 04 1828 01 5f 4a") + bytes(10) + b"\xff"
    with pytest.raises(Malformed, match="too many items"):
        ur.parse(f"ur:bytes/1-4/{bytewords.encode(pieces)}")


def test_what_it_read_is_not_in_its_repr() -> None:
    assert "wolf" not in repr(Ur("bytes", b"wolf"))
    assert "wolf" not in repr(UrPart("bytes", FountainPart(1, 1, 4, 1, b"wolf")))


KINDS = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)


@given(KINDS, st.binary(min_size=1, max_size=200))
def test_a_ur_reads_back(kind: str, data: bytes) -> None:
    assert ur.parse(ur.render(Ur(kind, data))) == Ur(kind, data)


TEXTS = st.text(max_size=80) | st.from_regex(
    r"(?i)ur:(crypto-psbt|bytes)(/[0-9]{1,11}-[0-9]{1,11})?/(ae|ad|lp|hd|ti){1,20}", fullmatch=True
)


@given(TEXTS)
def test_no_text_breaks_it(text: str) -> None:
    try:
        found = ur.parse(text)
    except Malformed:
        return
    assert ur.parse(ur.render(found)) == found


@given(st.binary(min_size=1, max_size=100))
def test_no_part_with_a_right_checksum_breaks_it(data: bytes) -> None:
    with suppress(Malformed):
        ur.parse(f"ur:crypto-psbt/1-2/{bytewords.encode(data)}")
