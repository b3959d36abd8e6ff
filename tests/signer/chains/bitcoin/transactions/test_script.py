"""Scripts are recognised by their exact bytes, and only those we can vouch for get a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.script import ScriptType

HASH20, HASH32 = bytes(range(20)), bytes(range(32))
MADE = {
    ScriptType.P2PKH: script.p2pkh(HASH20),
    ScriptType.P2SH: script.p2sh(HASH20),
    ScriptType.P2WPKH: script.p2wpkh(HASH20),
    ScriptType.P2WSH: script.p2wsh(HASH32),
    ScriptType.P2TR: script.p2tr(HASH32),
}


@pytest.mark.parametrize("kind", list(MADE))
def test_each_script_we_make_is_recognised(kind: ScriptType) -> None:
    assert script.script_type(MADE[kind]) is kind
    assert script.program(MADE[kind]) in {HASH20, HASH32}


@pytest.mark.parametrize("kind", list(MADE))
@given(st.binary(min_size=1, max_size=3))
def test_a_script_with_a_tail_or_a_head_is_no_longer_recognised(
    kind: ScriptType, more: bytes
) -> None:
    for changed in (MADE[kind] + more, more + MADE[kind], MADE[kind][:-1]):
        assert script.script_type(changed) is not kind


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        MADE[ScriptType.P2PKH][:-1] + b"\xad",  # another last opcode, of the same length
        MADE[ScriptType.P2PKH][:-2] + b"\x87\xac",
        MADE[ScriptType.P2SH][:-1] + b"\x88",
        b"\x52\x20" + HASH32,  # witness version 2
        b"\x60\x02\x01\x02",  # witness version 16
        b"\x51\x02\x4e\x74",  # version 1, two bytes other than an anchor's
        b"\x51\x21" + HASH32 + b"\x00",
        b"\x00\x15" + HASH20 + b"\x00",
        b"\x21\x02" + HASH32 + b"\xac",  # a bare key
        b"\x51",  # anyone can spend
    ],
)
def test_what_nobody_vouches_for_is_unknown(odd: bytes) -> None:
    assert script.script_type(odd) is ScriptType.UNKNOWN


@pytest.mark.parametrize(
    ("data", "pushes"),
    [
        (b"", 0),
        (b"\x03abc", 1),
        (b"\x03abc\x02de", 2),
        (b"\x4c\x03abc", 1),
        (b"\x4d\x03\x00abc\x00", 2),
        (b"\x4e\x03\x00\x00\x00abc", 1),
        (b"\x60\x4f\x51", 3),
        (b"\x03ab", None),
        (b"\x4c", None),
        (b"\x4d\x03", None),
        (b"\x50", None),
        (b"\x61", None),
        (b"\x03abc\xac", None),
    ],
)
def test_pushes_are_counted_or_it_is_not_pushes(data: bytes, pushes: int | None) -> None:
    assert script.count_pushes(data) == pushes


def test_what_is_pushed_is_known_by_its_place() -> None:
    code = b"\x00\x4f\x02ab\x4c\x01c\x4d\x02\x00de\x4e\x01\x00\x00\x00f\xac\x03gh"
    assert list(script.operations(code)) == [
        (0, 0x00, b""),
        (1, 0x4F, None),
        (2, 0x02, b"ab"),
        (5, 0x4C, b"c"),
        (8, 0x4D, b"de"),
        (13, 0x4E, b"f"),
        (19, 0xAC, None),
        (20, 0x03, None),
    ]
    longest = bytes(range(75))
    assert list(script.operations(b"\x4b" + longest)) == [(0, 0x4B, longest)]


@given(st.binary(max_size=80))
def test_no_bytes_break_the_count_of_pushes(data: bytes) -> None:
    counted = script.count_pushes(data)
    assert counted is None or 0 <= counted <= len(data)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x02ab", b"\x6a"])
def test_whatever_begins_with_op_return_is_data(data: bytes) -> None:
    assert script.script_type(b"\x6a" + data) is ScriptType.DATA


def test_dust_is_what_bitcoin_core_says() -> None:
    """Three times the bytes of the output and of spending it, a quarter of those in a witness."""
    spending = {
        ScriptType.P2PKH: 148,
        ScriptType.P2SH: 148,
        ScriptType.P2WPKH: 67,
        ScriptType.P2WSH: 67,
        ScriptType.P2TR: 67,
        ScriptType.P2A: 67,
    }
    length = {
        ScriptType.P2PKH: 25,
        ScriptType.P2SH: 23,
        ScriptType.P2WPKH: 22,
        ScriptType.P2WSH: 34,
        ScriptType.P2TR: 34,
        ScriptType.P2A: 4,
    }
    assert {kind: 3 * (8 + 1 + length[kind] + spending[kind]) for kind in spending} == dict(
        script.DUST_SATS
    )
