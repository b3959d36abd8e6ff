"""Records are read strictly, and each name has one form."""

import pytest

from signer.dnssec import wire
from signer.errors import Malformed
from tests.signer import zones
from tests.signer.published import cases
from tests.signer.zones import CNAME, TXT

OWNER = "a.example"


@pytest.mark.parametrize("case", cases("bip353"))
def test_published_proofs_are_read_to_their_end(case: dict[str, str]) -> None:
    value = zones.b64(case["base64"])
    raw = value[1 + value[0] :]
    read = wire.parse(raw)
    count = sum(len(values) for values in read.data.values())
    assert count == len(zones.read(raw))
    signed = sum(len(values) for values in read.signatures.values())
    assert signed == sum(kind == zones.RRSIG for _, kind, _ in zones.read(raw))


@pytest.mark.parametrize("case", cases("bip353")[:1])
def test_no_part_of_a_proof_is_a_proof_of_all(case: dict[str, str]) -> None:
    value = zones.b64(case["base64"])
    raw = value[1 + value[0] :]
    ends, at = {0}, 0
    for record in zones.read(raw):
        at += len(zones.encode([record]))
        ends.add(at)
    for end in range(len(raw)):
        if end in ends:
            wire.parse(raw[:end])
        else:
            with pytest.raises(Malformed):
                wire.parse(raw[:end])


def test_a_time_to_live_is_nobodys_word() -> None:
    records = [(OWNER, TXT, zones.text(b"x"))]
    assert wire.parse(zones.encode(records, 1)) == wire.parse(zones.encode(records, 2))


def test_names_are_read_in_small_letters_also_in_what_they_stand_for() -> None:
    read = wire.parse(zones.encode([("A.Example", CNAME, zones.wired("B.Example"))]))
    [data] = read.data[(b"a", b"example"), CNAME]
    assert wire.target(data) == (b"b", b"example")


def test_a_dot_in_a_label_is_no_border() -> None:
    raw = b"\x03a.b\x00" + zones.encode([("", TXT, b"")])[1:]
    assert list(wire.parse(raw).data) == [((b"a.b",), TXT)]


@pytest.mark.parametrize(
    "raw",
    [
        b"\xc0\x0c" + bytes(20),
        zones.encode([("a" * 64, TXT, b"")]),
        zones.encode([(".".join(["a" * 49] * 5 + ["a" * 4]), TXT, b"")]),
        zones.encode([(OWNER, 1, bytes(4))]),
        zones.encode([(OWNER, 2, zones.wired("b"))]),
        zones.encode([(OWNER, CNAME, zones.wired("b") + b"\x00")]),
        zones.encode([(OWNER, CNAME, b"\xc0\x0c")]),
        zones.encode([(OWNER, TXT, b"\x01x")] * 2),
        zones.encode([(OWNER, TXT, b"\x01x")]) + zones.encode([("A.example", TXT, b"\x01x")], 9),
        zones.encode([(OWNER, zones.RRSIG, bytes(18))]),
        zones.encode([(f"{at}", TXT, b"\x00" * 950) for at in range(13)]),
    ],
    ids=[
        "a pointer",
        "a long label",
        "a long name",
        "an address",
        "a name server",
        "more than a name",
        "a pointer in the data",
        "twice",
        "twice, written otherwise",
        "a signature without a signer",
        "too long",
    ],
)
def test_what_proves_nothing_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        wire.parse(raw)


def test_the_longest_name_is_read() -> None:
    longest = ".".join(["a" * 49] * 5 + ["a" * 3])
    assert len(zones.wired(longest)) == 255
    [(owner, _)] = wire.parse(zones.encode([(longest, TXT, b"")])).data
    assert wire.encode(owner) == zones.wired(longest)
    assert wire.name(longest) == owner
    with pytest.raises(Malformed):
        wire.name(longest + "a")


def test_the_longest_label_is_read() -> None:
    longest = "a" * 63
    assert wire.name(longest) == (longest.encode(),)
    assert list(wire.parse(zones.encode([(longest, TXT, b"")])).data) == [(wire.name(longest), TXT)]


@pytest.mark.parametrize("text", ["", ".", "a..b", ".a", "a.", "a" * 64, f"b.{'a' * 64}"])
def test_a_name_has_no_empty_label_and_none_too_long(text: str) -> None:
    with pytest.raises(Malformed):
        wire.name(text)


def test_the_longest_proof_is_read() -> None:
    records = [(str(at), TXT, bytes(900)) for at in range(13)]
    room = wire.MAX_PROOF_BYTES - len(zones.encode(records))
    for more in (0, 1):
        owner, kind, data = records[0]
        raw = zones.encode([(owner, kind, data + bytes(room + more)), *records[1:]])
        assert len(raw) == wire.MAX_PROOF_BYTES + more
        if more:
            with pytest.raises(Malformed, match="at most"):
                wire.parse(raw)
        else:
            wire.parse(raw)


@pytest.mark.parametrize("value", [b"\x02x", b"\x01x\x05", b"\xff"])
def test_a_text_ends_where_its_strings_do(value: bytes) -> None:
    with pytest.raises(Malformed):
        wire.text(value)
