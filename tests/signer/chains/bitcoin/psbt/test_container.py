"""PSBTs: published ones judged as published, every record kept, no bytes break the reader."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.psbt import container, fields
from signer.errors import CommonReason, CrossCheckFailed, Malformed, Refused
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
            container.parse(raw(case))
    else:
        assert container.parse(raw(case)).encode() == raw(case)


# A PSBT that its BIP lists among the valid ones and that is refused here, and why.
UNLOCKABLE = (
    "Input 1 has PSBT_IN_REQUIRED_HEIGHT_LOCKTIME of 10000, "
    "Input 2 has PSBT_IN_REQUIRED_TIME_LOCKTIME of 1657048460"
)
REFUSED = {("bip370", UNLOCKABLE): "no locktime is both"}


@pytest.mark.parametrize(
    ("bip", "valid", "invalid"),
    [("bip174", 24, 20), ("bip370", 23, 24), ("bip371", 6, 11), ("bip373", 14, 10)],
)
def test_every_vector_of_a_bip_is_judged_as_the_bip_judges(
    bip: str, valid: int, invalid: int
) -> None:
    """133 vectors; BIP174's last 14 of 24 are steps of signing, and 4 fail a signer's checks."""
    verdicts = []
    for case in corpus(bip):
        why = REFUSED.get((bip, case["case"]))
        verdicts.append("are invalid" not in case["section"] and why is None)
        if verdicts[-1]:
            assert container.parse(raw(case)).encode() == raw(case), case["case"]
        else:
            with pytest.raises(Malformed, match=why):
                container.parse(raw(case))
    assert (verdicts.count(True), verdicts.count(False)) == (valid, len(verdicts) - valid)
    assert len(verdicts) - valid == invalid + any(name == bip for name, _ in REFUSED)


def test_every_psbt_of_hwi_is_judged_as_hwi_judges() -> None:
    """53 valid, 67 invalid, among them those of Bitcoin Core's own tests."""
    given = json.loads(shared("hwi/test_psbt.json").read_text())
    for text in given["valid"]:
        assert container.parse(base64.b64decode(text)).encode() == base64.b64decode(text)
    for text in given["invalid"]:
        with pytest.raises(Malformed):
            container.parse(base64.b64decode(text))
    assert (len(given["valid"]), len(given["invalid"])) == (53, 67)


def test_psbts_between_the_other_roles_of_hwi_are_written_as_they_were_read() -> None:
    """14 that its creator, signer, combiner, finalizer and extractor take and give.

    3 are refused: written before BIP370, they use 0f as a type that nobody knows, and now it is a
    field of version 2 (T16).
    """
    given = json.loads(shared("hwi/test_psbt.json").read_text())
    roles = ("creator", "signer", "combiner", "finalizer", "extractor")
    texts = re.findall(r'"(cHNidP[^"]+)"', json.dumps([given[role] for role in roles]))
    refused = 0
    for data in map(base64.b64decode, texts):
        if b"\x0a\x0f" in data:
            refused += 1
            with pytest.raises(Malformed, match="field 0x0f"):
                container.parse(data)
        else:
            assert container.parse(data).encode() == data
    assert (len(texts), refused) == (14, 3)


@pytest.mark.parametrize(
    "version", [b"\x01\0\0\0", b"\x03\0\0\0", b"\x02\0\0\0", b"\0\0\0", b"\0\0\0\0\0"]
)
def test_an_unsigned_transaction_belongs_to_version_0_alone(version: bytes) -> None:
    made = draft(keyring())
    made.head.put(0xFB, version)
    with pytest.raises(Malformed):
        container.parse(made.encode())


def test_version_0_may_be_written_out() -> None:
    made = draft(keyring())
    made.head.put(0xFB, bytes(4))
    assert container.parse(made.encode()).encode() == made.encode()


KEY = b"\x02" + bytes(32)
LEAF_1, LEAF_2 = b"\x01\xc0\x00", b"\x02\xc0\x00"


def tap_tree(*depths: int) -> bytes:
    """Empty scripts at these depths."""
    return b"".join(bytes((depth, 0xC0, 0)) for depth in depths)


FORMS = [
    ("global xpub key", "head", 0x01, bytes(77), bytes(4)),
    ("global xpub origin", "head", 0x01, bytes(78), bytes(5)),
    ("global proprietary without subtype", "head", 0xFC, b"\x02id", b""),
    ("proprietary shorter than its name", "in", 0xFC, b"\x05id\x00", b""),
    ("output proprietary without name", "out", 0xFC, b"", b""),
    ("version with key data", "head", 0xFB, b"\x00", bytes(4)),
    ("non-witness utxo with key data", "in", 0x00, b"\x01", b""),
    ("witness utxo with key data", "in", 0x01, b"\x01", bytes(9)),
    ("witness utxo of an amount only", "in", 0x01, b"", bytes(8)),
    ("witness utxo with a byte behind it", "in", 0x01, b"", bytes(10)),
    ("witness utxo cut short", "in", 0x01, b"", bytes(8) + b"\x02\x51"),
    ("signature under a long compressed key", "in", 0x02, b"\x02" + bytes(64), bytes(71)),
    ("signature under a short uncompressed key", "in", 0x02, b"\x04" + bytes(32), bytes(71)),
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
    ("final witness with key data", "in", 0x08, b"\x00", b"\x00"),
    ("final witness of no bytes", "in", 0x08, b"", b""),
    ("final witness cut short", "in", 0x08, b"", b"\x02\x01\x51"),
    ("final witness with a byte behind it", "in", 0x08, b"", b"\x01\x01\x51\x00"),
    ("proof of reserves with key data", "in", 0x09, b"\x00", b""),
    ("ripemd160 of 19 bytes", "in", 0x0A, bytes(19), b""),
    ("sha256 of 31 bytes", "in", 0x0B, bytes(31), b""),
    ("hash160 of 21 bytes", "in", 0x0C, bytes(21), b""),
    ("hash256 of 33 bytes", "in", 0x0D, bytes(33), b""),
    ("tap key signature of 63 bytes", "in", 0x13, b"", bytes(63)),
    ("tap key signature of 66 bytes", "in", 0x13, b"", bytes(66)),
    ("tap script signature under 63 bytes", "in", 0x14, bytes(63), bytes(64)),
    ("tap script signature of 63 bytes", "in", 0x14, bytes(64), bytes(63)),
    ("control block of 32 bytes", "in", 0x15, b"\xc0" + bytes(31), b"\xc0"),
    ("control block of 34 bytes", "in", 0x15, b"\xc0" + bytes(33), b"\xc0"),
    ("control block of 129 steps", "in", 0x15, b"\xc0" + bytes(32 + 129 * 32), b"\xc0"),
    ("leaf without its version", "in", 0x15, bytes(33), b""),
    ("leaf version unlike its control block", "in", 0x15, b"\xc1" + bytes(32), b"\x51\xc2"),
    ("tap derivation under 33 bytes", "in", 0x16, bytes(33), bytes(9)),
    ("tap derivation with too few leaves", "in", 0x16, bytes(32), b"\x02" + bytes(32)),
    ("tap derivation without origin", "in", 0x16, bytes(32), b"\x00"),
    ("tap derivation of nothing", "in", 0x16, bytes(32), b""),
    ("tap internal key of 33 bytes", "in", 0x17, b"", bytes(33)),
    ("merkle root of 31 bytes", "in", 0x18, b"", bytes(31)),
    ("tweak of 31 bytes", "in", 0x19, KEY, bytes(31)),
    ("tweak of an x-only key", "in", 0x19, bytes(32), bytes(32)),
    ("tweak of an uncompressed key", "in", 0x19, b"\x04" + bytes(32), bytes(32)),
    ("participants under an x-only key", "in", 0x1A, bytes(32), KEY),
    ("participants under a key that is none", "in", 0x1A, b"\x05" + bytes(32), KEY),
    ("no participants", "in", 0x1A, KEY, b""),
    ("x-only participant", "in", 0x1A, KEY, KEY + bytes(32)),
    ("participant that lacks a byte", "in", 0x1A, KEY, KEY + KEY[:-1]),
    ("participant that is no key", "in", 0x1A, KEY, KEY + b"\x04" + bytes(32)),
    ("nonce under one key", "in", 0x1B, KEY, bytes(66)),
    ("nonce under an x-only key", "in", 0x1B, KEY + bytes(32), bytes(66)),
    ("nonce under keys that are none", "in", 0x1B, KEY + bytes(33), bytes(66)),
    ("nonce with half a leaf hash", "in", 0x1B, KEY + KEY + bytes(16), bytes(66)),
    ("nonce of 65 bytes", "in", 0x1B, KEY + KEY, bytes(65)),
    ("partial signature under one key", "in", 0x1C, KEY, bytes(32)),
    ("partial signature under no keys", "in", 0x1C, bytes(33) + KEY, bytes(32)),
    ("partial signature of 33 bytes", "in", 0x1C, KEY + KEY + bytes(32), bytes(33)),
    ("output redeem script with key data", "out", 0x00, b"\x00", b""),
    ("output witness script with key data", "out", 0x01, b"\x00", b""),
    ("output derivation under 32 bytes", "out", 0x02, b"\x02" + bytes(31), bytes(4)),
    ("output tap internal key of 33 bytes", "out", 0x05, b"", bytes(33)),
    ("empty tap tree", "out", 0x06, b"", b""),
    ("tap tree cut within a leaf", "out", 0x06, b"", b"\x00"),
    ("tap tree of half a tree", "out", 0x06, b"", b"\x01\xc0\x00"),
    ("tap tree of one leaf too many", "out", 0x06, b"", b"\x00\xc0\x00" * 2),
    ("tap tree that is too deep for its place", "out", 0x06, b"", LEAF_1 + LEAF_2 + LEAF_1),
    ("tap tree out of order", "out", 0x06, b"", LEAF_2 + LEAF_1 + LEAF_2),
    ("tap tree deeper than 128", "out", 0x06, b"", b"\x81\xc0\x00"),
    ("whole tap tree deeper than 128", "out", 0x06, b"", tap_tree(*range(1, 130), 129)),
    ("tap tree of an odd leaf version", "out", 0x06, b"", b"\x00\xc1\x00"),
    ("output participants under an x-only key", "out", 0x08, bytes(32), KEY),
    ("x-only output participant", "out", 0x08, KEY, bytes(32)),
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
        container.parse(made.encode())


RIGHT = [
    ("global xpub", "head", 0x01, b"\0\0\0\0\x01" + bytes(73), bytes(8)),
    ("global xpub of another depth", "head", 0x01, b"\0\0\0\0\x02" + bytes(73), bytes(8)),
    ("signature under an uncompressed key", "in", 0x02, b"\x04" + bytes(64), bytes(71)),
    ("derivation of an uncompressed key", "in", 0x06, b"\x04" + bytes(64), bytes(4)),
    ("final witness of nothing", "in", 0x08, b"", b"\x00"),
    ("final witness of one empty item", "in", 0x08, b"", b"\x01\x00"),
    ("ripemd160", "in", 0x0A, bytes(20), b""),
    ("sha256", "in", 0x0B, bytes(32), b"preimage"),
    ("hash160", "in", 0x0C, bytes(20), b"preimage"),
    ("hash256", "in", 0x0D, bytes(32), b"preimage"),
    ("leaf", "in", 0x15, b"\xc1" + bytes(32), b"\x51\xc0"),
    ("leaf under 128 others", "in", 0x15, b"\xc1" + bytes(32 + 128 * 32), b"\x51\xc0"),
    ("tweak", "in", 0x19, KEY, bytes(32)),
    ("participants", "in", 0x1A, KEY, KEY + b"\x03" + bytes(32)),
    ("nonce", "in", 0x1B, KEY + KEY, bytes(66)),
    ("nonce for a leaf", "in", 0x1B, KEY + KEY + bytes(32), bytes(66)),
    ("partial signature", "in", 0x1C, KEY + KEY, bytes(32)),
    ("partial signature for a leaf", "in", 0x1C, KEY + KEY + bytes(32), bytes(32)),
    ("tap tree of one leaf", "out", 0x06, b"", b"\x00\xc0\x00"),
    ("tap tree of three leaves", "out", 0x06, b"", LEAF_2 + LEAF_2 + LEAF_1),
    ("tap tree of two leaves", "out", 0x06, b"", LEAF_1 + b"\x01\xfa\x02\x51\x52"),
    ("tap tree as deep as can be", "out", 0x06, b"", tap_tree(*range(1, 129), 128)),
    ("output participants", "out", 0x08, KEY, KEY * 100),
]


@pytest.mark.parametrize(
    ("where", "kind", "key", "value"), [f[1:] for f in RIGHT], ids=[f[0] for f in RIGHT]
)
def test_a_field_of_the_right_form_is_kept(where: str, kind: int, key: bytes, value: bytes) -> None:
    made = draft(keyring())
    part(made, where).records.append((bytes((kind,)) + key, value))
    assert container.parse(made.encode()).encode() == made.encode()


@pytest.mark.parametrize("size", [1, 0xFC, 0xFD, 0xFE, 0xFF, 0x100, 0xFFFF, 0x10000])
def test_keys_and_values_of_every_width_are_kept(size: int) -> None:
    made = draft(keyring())
    made.ins[0].records.append((b"\xf0" * size, b"\x01"))
    made.ins[0].records.append((b"\xf1", bytes(size)))
    parsed = container.parse(made.encode())
    assert parsed.encode() == made.encode()
    assert parsed.inputs[0].get(0xF1) == bytes(size)


def test_a_type_written_longer_than_needed_is_malformed() -> None:
    made = draft(keyring())
    made.ins[0].records.append((b"\xfd\x03\x00", b"\x02\0\0\0"))  # 03, the sighash, in disguise
    with pytest.raises(Malformed, match="shortest"):
        container.parse(made.encode())


@pytest.mark.parametrize("tail", [b"\x00", b"\xff", MAGIC])
def test_a_byte_behind_a_psbt_is_malformed(tail: bytes) -> None:
    with pytest.raises(Malformed, match="left over"):
        container.parse(build(keyring()) + tail)


def test_a_psbt_cut_anywhere_is_malformed() -> None:
    whole = build(keyring(), 2)
    for length in range(len(whole)):
        with pytest.raises(Malformed):
            container.parse(whole[:length])


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
        parsed = container.parse(data)
    except CLOSED:
        return
    assert parsed.encode() == data


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for bent in (data, MAGIC + data, MAGIC + b"\x01\x00" + blob(data) + b"\x00"):
        try:
            parsed = container.parse(bent)
        except CLOSED:
            continue
        assert parsed.encode() == bent


def test_a_turned_bit_reads_as_itself_or_not_at_all() -> None:
    whole = build(keyring(), 2)
    for bent in bit_flips(whole, 3_000):
        try:
            parsed = container.parse(bent)
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
        (b"\xfc\x02id\x00", b"proprietary"),
        own[2],
        (b"\xf0\x01", b"unknown"),
        stranger,
        own[1],
        own[0],
    ]
    signature = (b"\x02" + b"\x02" + bytes(32), b"\x30\x01")
    added = container.add(container.parse(made.encode()), {0: [signature]})
    expected = [
        own[0],
        own[1],
        stranger,
        signature,
        own[2],
        (b"\xfc\x02id\x00", b"proprietary"),
        (b"\xf0\x01", b"unknown"),
    ]
    assert list(added.inputs[0].records) == expected


def test_several_records_are_added_to_one_input_and_none_to_the_others() -> None:
    parsed = container.parse(build(keyring(), 3))
    records = [(b"\x14" + bytes((number,)) * 64, bytes(64)) for number in (2, 1)]
    added = container.add(parsed, {1: [*records, (b"\x03", b"\x01\0\0\0")]})
    assert added.inputs[1].records_of(fields.TAP_SCRIPT_SIG) == tuple(
        (k[1:], v) for k, v in records
    )
    assert [len(one.records) for one in added.inputs] == [3, 6, 3]
    assert added.encode() == container.parse(added.encode()).encode()


def test_what_is_there_already_is_never_replaced() -> None:
    parsed = container.parse(build(keyring()))
    with pytest.raises(CrossCheckFailed):
        container.add(parsed, {0: [parsed.inputs[0].records[0]]})


def test_a_container_prints_no_more_than_its_transaction() -> None:
    parsed = container.parse(build(keyring()))
    for hidden in ("unsigned_tx", "globals", "Map("):
        assert hidden not in repr(parsed)


def test_records_are_counted_over_all_maps_together() -> None:
    """Each map alone would be few enough (T75)."""
    made = draft(keyring(), 14)
    for number in range(1_000):
        made.ins[0].put(0xF0, b"", number.to_bytes(2, "big"))
    container.parse(made.encode())
    for one in made.ins[1:]:
        for number in range(1_000):
            one.put(0xF0, b"", number.to_bytes(2, "big"))
    with pytest.raises(Refused) as refused:
        container.parse(made.encode())
    assert refused.value.reason is CommonReason.TOO_LARGE


def test_the_fields_of_outputs_ascend_in_what_leaves() -> None:
    made = draft(keyring())
    made.outs[1].records.insert(0, (b"\x05", bytes(32)))
    read = container.parse(made.encode())
    left = container.add(read, {})
    types = [key[0] for key, _ in left.outputs[1].records]
    assert types == sorted(types)
