"""PSBTs: published ones judged as published, every record kept, no bytes break the reader."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin import psbt
from signer.errors import Malformed, Reason, Refused
from tests.psbts import Draft, Records, bit_flips, blob, build, draft, keyring
from tests.signer.published import cases, shared

MAGIC = b"psbt\xff"
CLOSED = (Malformed, Refused)


def corpus(bip: str) -> list[Any]:
    return json.loads(shared(f"{bip}/psbt.json").read_text())  # type: ignore[no-any-return]  # their file


def raw(case: dict[str, str]) -> bytes:
    return base64.b64decode(case["base64"])


@pytest.mark.parametrize("case", cases("psbt"))
def test_published_examples(case: dict[str, str]) -> None:
    if case["verdict"] == "invalid":
        with pytest.raises(Malformed):
            psbt.parse(raw(case))
    else:
        assert psbt.parse(raw(case)).encode() == raw(case)


@pytest.mark.parametrize("bip", ["bip174", "bip371"])
def test_every_vector_of_a_bip_is_judged_as_the_bip_judges(bip: str) -> None:
    """44 of BIP174, 17 of BIP371."""
    for case in corpus(bip):
        if "are invalid" in case["section"]:
            with pytest.raises(Malformed):
                psbt.parse(raw(case))
        else:
            assert psbt.parse(raw(case)).encode() == raw(case), case["case"]


def test_all_of_bip370_is_shut_out_and_what_is_version_2_is_told_so() -> None:
    """48 vectors. Version 2 is not in this slice: its valid PSBTs are refused on purpose."""
    verdicts = []
    for case in corpus("bip370"):
        with pytest.raises(CLOSED) as closed:
            psbt.parse(raw(case))
        refused = getattr(closed.value, "reason", None) is Reason.PSBT_VERSION
        assert refused or isinstance(closed.value, Malformed)
        if "are invalid" not in case["section"]:
            assert refused, case["case"]
        elif case["case"].startswith("PSBTv0 but"):
            assert not refused, case["case"]
        verdicts.append(refused)
    assert len(verdicts) == 48


@pytest.mark.parametrize(
    "version", [b"\x01\0\0\0", b"\x03\0\0\0", b"\x02\0\0\0", b"\0\0\0", b"\0\0\0\0\0"]
)
def test_an_unsigned_transaction_belongs_to_version_0_alone(version: bytes) -> None:
    made = draft(keyring())
    made.head.put(0xFB, version)
    with pytest.raises(Malformed):
        psbt.parse(made.encode())


def test_version_0_may_be_written_out() -> None:
    made = draft(keyring())
    made.head.put(0xFB, bytes(4))
    assert psbt.parse(made.encode()).encode() == made.encode()


FORMS = [
    ("global xpub key", "head", 0x01, bytes(77), bytes(4)),
    ("global xpub origin", "head", 0x01, bytes(78), bytes(5)),
    ("version with key data", "head", 0xFB, b"\x00", bytes(4)),
    ("non-witness utxo with key data", "in", 0x00, b"\x01", b""),
    ("witness utxo with key data", "in", 0x01, b"\x01", b""),
    ("signature under half a key", "in", 0x02, b"\x02" + bytes(31), bytes(71)),
    ("signature under a hybrid key", "in", 0x02, b"\x06" + bytes(64), bytes(71)),
    ("empty signature", "in", 0x02, b"\x02" + bytes(32), b""),
    ("sighash of 3 bytes", "in", 0x03, b"", bytes(3)),
    ("sighash with key data", "in", 0x03, b"\x00", bytes(4)),
    ("redeem script with key data", "in", 0x04, b"\x00", b""),
    ("witness script with key data", "in", 0x05, b"\x00", b""),
    ("derivation under a hybrid key", "in", 0x06, b"\x07" + bytes(64), bytes(8)),
    ("derivation of 7 bytes", "in", 0x06, b"\x02" + bytes(32), bytes(7)),
    ("derivation without a fingerprint", "in", 0x06, b"\x02" + bytes(32), b""),
    ("final scriptSig with key data", "in", 0x07, b"\x00", b""),
    ("final witness with key data", "in", 0x08, b"\x00", b""),
    ("proof of reserves with key data", "in", 0x09, b"\x00", b""),
    ("ripemd160 of 19 bytes", "in", 0x0A, bytes(19), b""),
    ("sha256 of 31 bytes", "in", 0x0B, bytes(31), b""),
    ("hash160 of 21 bytes", "in", 0x0C, bytes(21), b""),
    ("hash256 of 33 bytes", "in", 0x0D, bytes(33), b""),
    ("tap key signature of 63 bytes", "in", 0x13, b"", bytes(63)),
    ("tap key signature of 66 bytes", "in", 0x13, b"", bytes(66)),
    ("tap script signature under 63 bytes", "in", 0x14, bytes(63), bytes(64)),
    ("tap script signature of 63 bytes", "in", 0x14, bytes(64), bytes(63)),
    ("control block of 32 bytes", "in", 0x15, bytes(32), b"\xc0"),
    ("control block of 34 bytes", "in", 0x15, bytes(34), b"\xc0"),
    ("control block of 129 steps", "in", 0x15, bytes(33 + 129 * 32), b"\xc0"),
    ("leaf without its version", "in", 0x15, bytes(33), b""),
    ("tap derivation under 33 bytes", "in", 0x16, bytes(33), bytes(9)),
    ("tap derivation with too few leaves", "in", 0x16, bytes(32), b"\x02" + bytes(32)),
    ("tap derivation without origin", "in", 0x16, bytes(32), b"\x00"),
    ("tap derivation of nothing", "in", 0x16, bytes(32), b""),
    ("tap internal key of 33 bytes", "in", 0x17, b"", bytes(33)),
    ("merkle root of 31 bytes", "in", 0x18, b"", bytes(31)),
    ("output redeem script with key data", "out", 0x00, b"\x00", b""),
    ("output witness script with key data", "out", 0x01, b"\x00", b""),
    ("output derivation under 32 bytes", "out", 0x02, b"\x02" + bytes(31), bytes(4)),
    ("output tap internal key of 33 bytes", "out", 0x05, b"", bytes(33)),
    ("empty tap tree", "out", 0x06, b"", b""),
    ("output tap derivation under 31 bytes", "out", 0x07, bytes(31), bytes(5)),
]


def part(made: Draft, where: str) -> Records:
    return {"head": made.head, "in": made.ins[0], "out": made.outs[0]}[where]


@pytest.mark.parametrize(
    ("where", "kind", "key", "value"), [f[1:] for f in FORMS], ids=[f[0] for f in FORMS]
)
def test_a_field_of_the_wrong_form_is_malformed(
    where: str, kind: int, key: bytes, value: bytes
) -> None:
    made = draft(keyring())
    part(made, where).records.append((bytes((kind,)) + key, value))
    with pytest.raises(Malformed):
        psbt.parse(made.encode())


def test_a_type_written_longer_than_needed_is_malformed() -> None:
    made = draft(keyring())
    made.ins[0].records.append((b"\xfd\x03\x00", b"\x02\0\0\0"))  # 03, the sighash, in disguise
    with pytest.raises(Malformed, match="shortest"):
        psbt.parse(made.encode())


@pytest.mark.parametrize("tail", [b"\x00", b"\xff", MAGIC])
def test_a_byte_behind_a_psbt_is_malformed(tail: bytes) -> None:
    with pytest.raises(Malformed, match="left over"):
        psbt.parse(build(keyring()) + tail)


def test_a_psbt_cut_anywhere_is_malformed() -> None:
    whole = build(keyring(), 2)
    for length in range(len(whole)):
        with pytest.raises(Malformed):
            psbt.parse(whole[:length])


keys_of_records = st.binary(min_size=1, max_size=40)
maps = st.dictionaries(keys_of_records, st.binary(max_size=90), max_size=6)


@given(maps, maps, maps)
def test_what_is_read_is_written_again_byte_for_byte(
    head: dict[bytes, bytes], one: dict[bytes, bytes], other: dict[bytes, bytes]
) -> None:
    made = draft(keyring())
    for records, more in ((made.head, head), (made.ins[0], one), (made.outs[0], other)):
        records.records += [(k, v) for k, v in more.items() if k not in dict(records.records)]
    data = made.encode()
    try:
        parsed = psbt.parse(data)
    except CLOSED:
        return
    assert parsed.encode() == data


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for bent in (data, MAGIC + data, MAGIC + b"\x01\x00" + blob(data) + b"\x00"):
        try:
            parsed = psbt.parse(bent)
        except CLOSED:
            continue
        assert parsed.encode() == bent


def test_a_turned_bit_reads_as_itself_or_not_at_all() -> None:
    whole = build(keyring(), 2)
    for bent in bit_flips(whole, 3_000):
        try:
            parsed = psbt.parse(bent)
        except CLOSED:
            continue
        assert parsed.encode() == bent
        assert parsed.tx.encode() == parsed.unsigned_tx


def test_signatures_take_their_place_and_everything_else_keeps_its_own() -> None:
    """Types ascend, arrival order within a type, unknown and proprietary records last."""
    made = draft(keyring())
    own = made.ins[0].records
    stranger = (b"\x02" + b"\x02" + b"\x11" * 32, b"\x30")
    made.ins[0].records = [
        (b"\xfc\x02id", b"proprietary"),
        own[2],
        (b"\xf0\x01", b"unknown"),
        stranger,
        own[1],
        own[0],
    ]
    signature = (b"\x02" + b"\x02" + bytes(32), b"\x30\x01")
    added = psbt.add(psbt.parse(made.encode()), {0: signature})
    expected = [
        own[0],
        own[1],
        stranger,
        signature,
        own[2],
        (b"\xfc\x02id", b"proprietary"),
        (b"\xf0\x01", b"unknown"),
    ]
    assert list(added.inputs[0].records) == expected


def test_a_container_prints_no_more_than_its_transaction() -> None:
    parsed = psbt.parse(build(keyring()))
    assert "globals" not in repr(parsed)
