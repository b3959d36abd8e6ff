"""PSBTs of version 2: the transaction their fields make, and fields that make none."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.psbt import container
from signer.errors import CommonReason, Malformed, Refused
from signer.formats.cursor import compact_size
from tests.psbts import PAYEE, Records, draft, keyring
from tests.signer.published import shared

KEY = b"\x02" + bytes(32)
INFO = KEY + b"\x03" + bytes(32)
HEIGHT, TIME = 0x12, 0x11
NOON = 1_657_048_460


def four(number: int) -> bytes:
    return number.to_bytes(4, "little")


class Parts:
    """The maps of a small PSBT, each a list of records that can be made wrong."""

    def __init__(self, inputs: int = 2, outputs: int = 2) -> None:
        self.head = Records([(b"\x02", four(2)), (b"\xfb", four(2))])
        self.head.put(0x04, compact_size(inputs))
        self.head.put(0x05, compact_size(outputs))
        self.ins = [
            Records([(b"\x0e", bytes((number % 256,)) * 32), (b"\x0f", four(number))])
            for number in range(inputs)
        ]
        self.outs = [
            Records([(b"\x03", (1_000 + number).to_bytes(8, "little")), (b"\x04", PAYEE)])
            for number in range(outputs)
        ]

    def encode(self) -> bytes:
        maps = (self.head, *self.ins, *self.outs)
        return b"psbt\xff" + b"".join(one.encode() for one in maps)

    def parse(self) -> container.Psbt:
        parsed = container.parse(self.encode())
        assert parsed.encode() == self.encode()
        return parsed


def test_the_fields_make_the_transaction() -> None:
    made = Parts()
    made.head.put(0x03, four(7))
    made.ins[1].put(0x10, four(0))
    parsed = made.parse()
    assert parsed.version == 2
    assert parsed.tx.version == 2
    assert [(one.txid, one.index) for one in parsed.tx.inputs] == [
        (bytes(32), 0),
        (b"\x01" * 32, 1),
    ]
    assert [one.sequence for one in parsed.tx.inputs] == [0xFFFFFFFF, 0]
    assert [(one.sats, one.script_pubkey) for one in parsed.tx.outputs] == [
        (1_000, PAYEE),
        (1_001, PAYEE),
    ]
    assert parsed.tx.locktime == 7
    assert parsed.unsigned_tx == parsed.tx.encode()


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_one_payment_is_the_same_transaction_in_both_versions(script: str) -> None:
    made = draft(keyring(), 3, script)
    made.locktime = 800_000
    plain = container.parse(made.encode())
    made.psbt_version = 2
    assert container.parse(made.encode()).tx == plain.tx
    assert container.parse(made.encode()).unsigned_tx == plain.unsigned_tx


LOCKS: list[tuple[str, list[dict[int, int]], int]] = [
    ("none: the fallback", [{}, {}], 3),
    ("a height", [{HEIGHT: 10}, {}], 10),
    ("the first height", [{HEIGHT: 1}, {}], 1),
    ("the last height", [{HEIGHT: 499_999_999}, {}], 499_999_999),
    ("the first time", [{TIME: 500_000_000}, {}], 500_000_000),
    ("the higher height", [{HEIGHT: 10}, {HEIGHT: 11}], 11),
    ("a time", [{}, {TIME: NOON}], NOON),
    ("the later time", [{TIME: NOON + 1}, {TIME: NOON}], NOON + 1),
    ("both of both: heights first", [{HEIGHT: 10, TIME: NOON}, {HEIGHT: 9, TIME: NOON}], 10),
    ("one takes heights only", [{HEIGHT: 10, TIME: NOON}, {HEIGHT: 9}], 10),
    ("one takes times only", [{HEIGHT: 10, TIME: NOON}, {TIME: NOON + 5}], NOON + 5),
]


@pytest.mark.parametrize(
    ("locks", "expected"), [case[1:] for case in LOCKS], ids=[case[0] for case in LOCKS]
)
def test_the_locktime_is_what_all_inputs_accept(locks: list[dict[int, int]], expected: int) -> None:
    made = Parts()
    made.head.put(0x03, four(3))
    for one, fields in zip(made.ins, locks, strict=True):
        for kind, value in fields.items():
            one.put(kind, four(value))
    assert made.parse().tx.locktime == expected


def test_without_any_locktime_it_is_0() -> None:
    assert Parts().parse().tx.locktime == 0


def test_locktimes_of_hwi_are_determined_as_hwi_does() -> None:
    given = json.loads(shared("hwi/test_psbt.json").read_text())
    for text, expected in given["locktimes"]:
        assert container.parse(base64.b64decode(text)).tx.locktime == expected
    for text in given["conflicting_locktimes"]:
        with pytest.raises(Malformed, match="no locktime is both"):
            container.parse(base64.b64decode(text))
    assert (len(given["locktimes"]), len(given["conflicting_locktimes"])) == (9, 1)


@pytest.mark.parametrize("kind", [0x02, 0x04, 0x05])
def test_a_global_field_that_is_missing_is_malformed(kind: int) -> None:
    made = Parts()
    made.head.drop(kind)
    with pytest.raises(Malformed, match="missing"):
        made.parse()


@pytest.mark.parametrize(
    ("place", "kind"), [("ins", 0x0E), ("ins", 0x0F), ("outs", 0x03), ("outs", 0x04)]
)
def test_a_field_that_is_missing_in_a_map_is_malformed(place: str, kind: int) -> None:
    made = Parts()
    getattr(made, place)[1].drop(kind)
    made.head.records.append((b"\xf0", bytes(100)))  # or the maps would be too short for the counts
    made.outs[0].records.append((b"\xf0", bytes(100)))
    with pytest.raises(Malformed, match="missing"):
        made.parse()


WRONG = [
    ("head", 0x00, b"", bytes(10)),  # an unsigned transaction, which says it all a second time
    ("head", 0x02, b"\x00", four(2)),
    ("head", 0x03, b"", bytes(3)),
    ("head", 0x03, b"\x00", bytes(4)),
    ("head", 0x06, b"", b""),
    ("head", 0x06, b"", bytes(2)),
    ("head", 0x07, b"", KEY),
    ("head", 0x07, KEY, bytes(33)),
    ("head", 0x07, KEY, KEY[1:]),
    ("head", 0x08, KEY, bytes(63)),
    ("head", 0x08, KEY[1:], bytes(64)),
    ("ins", 0x10, b"", bytes(5)),
    ("ins", 0x11, b"", four(499_999_999)),
    ("ins", 0x11, b"\x00", four(NOON)),
    ("ins", 0x12, b"", four(500_000_000)),
    ("ins", 0x12, b"", four(0)),
    ("ins", 0x12, b"", bytes(3)),
    ("ins", 0x1D, KEY, KEY[1:]),
    ("ins", 0x1D, bytes(33), KEY),
    ("ins", 0x1E, KEY, bytes(65)),
    ("ins", 0x1E, b"", bytes(64)),
    ("outs", 0x09, b"", INFO[1:]),
    ("outs", 0x09, b"", bytes(66)),
    ("outs", 0x09, b"\x00", INFO),
    ("outs", 0x0A, b"", bytes(3)),
    ("outs", 0x0A, b"", bytes(4)),  # a label of no address
]


@pytest.mark.parametrize(("place", "kind", "key", "value"), WRONG)
def test_a_field_of_the_wrong_form_is_malformed(
    place: str, kind: int, key: bytes, value: bytes
) -> None:
    made = Parts()
    one = made.head if place == "head" else getattr(made, place)[0]
    one.records.append((bytes((kind,)) + key, value))
    with pytest.raises(Malformed):
        made.parse()


@pytest.mark.parametrize("kind", [0x0E, 0x0F])
def test_an_outpoint_of_another_length_is_malformed(kind: int) -> None:
    made = Parts()
    made.ins[0].put(kind, made.ins[0].get(kind) + b"\x00")
    with pytest.raises(Malformed, match="wrong form"):
        made.parse()


@pytest.mark.parametrize("value", [bytes(7), bytes(9), bytes(16)])
def test_an_amount_is_8_bytes(value: bytes) -> None:
    made = Parts()
    made.outs[0].put(0x03, value)
    with pytest.raises(Malformed, match="wrong form"):
        made.parse()


@pytest.mark.parametrize("version", [b"", b"\x01\0\0\0", b"\x03\0\0\0", b"\x02", b"\x02\0\0\0\0"])
def test_without_an_unsigned_transaction_a_psbt_is_of_version_2(version: bytes) -> None:
    made = Parts()
    made.head.put(0xFB, version)
    with pytest.raises(Malformed):
        made.parse()


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (0x04, b"", "wrong form"),
        (0x04, b"\x01", "left over"),
        (0x05, b"\x01", "left over"),
        (0x05, b"\x03", "bytes expected"),
        (0x04, b"\x04", "do not fit"),
        (0x05, b"\x0f", "do not fit"),
        (0x04, b"\xfe\x40\x42\x0f\x00", "do not fit"),
        (0x05, b"\xfe\x40\x42\x0f\x00", "do not fit"),
        (0x05, b"\xff" + b"\xff" * 8, "over"),
        (0x05, b"\x02\x00", "left over"),
        (0x05, b"\xfd\x02\x00", "shortest form"),
    ],
)
def test_counts_that_do_not_fit_the_maps_are_malformed(kind: int, value: bytes, why: str) -> None:
    made = Parts()
    made.head.put(kind, value)
    with pytest.raises(Malformed, match=why):
        made.parse()


@pytest.mark.parametrize("outside", [0, 1])
@pytest.mark.parametrize(
    ("inputs", "outputs"), [(10_000, 0), (0, 10_000)], ids=["inputs", "outputs"]
)
def test_more_than_the_budget_is_refused(inputs: int, outputs: int, outside: int) -> None:
    made = Parts(inputs + outside * bool(inputs), outputs + outside * bool(outputs))
    for one in (*made.ins, *made.outs):
        one.put(0x00, bytes(80))  # every real one has more than its bare fields
    if outside:
        with pytest.raises(Refused) as refused:
            made.parse()
        assert refused.value.reason is CommonReason.TOO_LARGE
    else:
        made.parse()


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 0), (0, 1), (2, 3)])
def test_the_smallest_maps_there_can_be_are_read(inputs: int, outputs: int) -> None:
    made = Parts(inputs, outputs)
    for one in made.outs:
        one.put(0x04, b"")
    made.parse()


def test_a_psbt_of_no_inputs_and_no_outputs_is_one() -> None:
    assert Parts(0, 0).parse().tx.encode() == four(2) + bytes(6)


def test_a_silent_payment_may_lack_its_script() -> None:
    made = Parts()
    made.outs[0].drop(0x04)
    made.outs[0].put(0x09, INFO)
    made.outs[0].put(0x0A, four(1))
    assert made.parse().tx.outputs[0].script_pubkey == b""
    made.head.put(0x06, b"\x03")  # and its coins may still be added
    made.parse()


def test_a_silent_payment_to_an_empty_script_is_malformed() -> None:
    made = Parts()
    made.outs[0].put(0x04, b"")
    made.parse()
    made.outs[0].put(0x09, INFO)
    with pytest.raises(Malformed, match="left out or whole"):
        made.parse()


def test_a_silent_payment_with_its_script_is_settled() -> None:
    """Its script follows from the inputs: with one more it would pay nobody (BIP375)."""
    made = Parts()
    made.outs[0].put(0x09, INFO)
    assert made.parse().tx.outputs[0].script_pubkey == PAYEE
    made.head.put(0x06, b"\x00")
    made.parse()
    made.head.put(0x06, b"\x01")
    with pytest.raises(Malformed, match="silent payment"):
        made.parse()


def bip375(verdict: str) -> list[dict[str, Any]]:
    corpus = json.loads(shared("bip375/bip375_test_vectors.json").read_text())
    return corpus[verdict]  # type: ignore[no-any-return]  # their file


def test_every_valid_psbt_of_bip375_is_written_as_it_was_read() -> None:
    given = [base64.b64decode(case["psbt"]) for case in bip375("valid")]
    assert [container.parse(raw).encode() for raw in given] == given
    assert len(given) == 20


def test_every_psbt_that_bip375_finds_wrong_in_its_structure_is_malformed() -> None:
    """6 of 22: the other 16 are well formed, and wrong in what their fields say together."""
    structure = [c for c in bip375("invalid") if c["description"].startswith("psbt structure")]
    for case in structure:
        with pytest.raises(Malformed):
            container.parse(base64.b64decode(case["psbt"]))
    assert len(structure) == 6


def test_added_records_take_their_place_and_the_fields_of_version_2_theirs() -> None:
    made = Parts()
    made.ins[0].records.insert(0, (b"\xf0", b"unknown"))
    signature = (b"\x13", bytes(64))
    added = container.add(made.parse(), {0: [signature]})
    assert [key[0] for key, _ in added.inputs[0].records] == [0x0E, 0x0F, 0x13, 0xF0]
    assert [key[0] for key, _ in added.globals.records] == [0x02, 0x04, 0x05, 0xFB]
    assert container.parse(added.encode()).unsigned_tx == added.unsigned_tx


@given(st.integers(0, 255))
def test_modifiable_is_what_the_field_says(flags: int) -> None:
    made = Parts()
    assert container.modifiable(made.parse()) == 0
    made.head.put(0x06, bytes((flags,)))
    assert container.modifiable(made.parse()) == flags


def test_in_version_0_nothing_is_modifiable() -> None:
    assert container.modifiable(container.parse(draft(keyring()).encode())) == 0


def test_a_psbt_cut_anywhere_is_malformed() -> None:
    whole = Parts().encode()
    for length in range(len(whole)):
        with pytest.raises(Malformed):
            container.parse(whole[:length])


@given(st.data())
def test_no_change_of_a_byte_breaks_the_reader(data: st.DataObject) -> None:
    whole = bytearray(Parts().encode())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    try:
        parsed = container.parse(bytes(whole))
    except (Malformed, Refused):
        return
    assert parsed.encode() == whole
