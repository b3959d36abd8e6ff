"""The rules about forms of PSBT fields, at their edges."""

import pytest

from signer.chains.bitcoin.psbt import forms
from signer.formats.cursor import compact_size

FINGERPRINT = b"\x73\xc5\xda\x0a"


@pytest.mark.parametrize("leaves", [0, 1, 8, 252, 253])
@pytest.mark.parametrize("steps", [0, 1, 7])
def test_a_taproot_origin_follows_as_many_leaf_hashes_as_are_counted(
    leaves: int, steps: int
) -> None:
    value = compact_size(leaves) + bytes(32 * leaves) + FINGERPRINT + bytes(4 * steps)
    assert forms.tap_origin(b"", value)
    assert not forms.tap_origin(b"", value + b"\x00")


def test_nothing_follows_an_output() -> None:
    value = bytes(8) + b"\x01\x51"
    assert forms.output(b"", value)
    assert not forms.output(b"", value + b"\x00")


def test_nothing_follows_a_witness_and_it_is_whole() -> None:
    assert forms.witness(b"", b"\x02\x00\x01a")
    assert not forms.witness(b"", b"\x02\x00\x01a\x00")


@pytest.mark.parametrize(
    ("value", "is_height", "is_time"),
    [
        (0, False, False),
        (1, True, False),
        (499_999_999, True, False),
        (500_000_000, False, True),
    ],
)
def test_a_lock_is_a_height_below_500_million_and_a_time_from_there(
    value: int, is_height: bool, is_time: bool
) -> None:
    field = value.to_bytes(4, "little")
    assert forms.height_lock(b"", field) is is_height
    assert forms.time_lock(b"", field) is is_time


@pytest.mark.parametrize(
    ("first", "length", "is_key"),
    [
        (2, 33, True),
        (3, 33, True),
        (4, 33, False),
        (1, 33, False),
        (4, 65, True),
        (6, 65, False),
        (7, 65, False),
        (2, 65, False),
    ],
)
def test_a_public_key_is_compressed_or_whole_and_never_hybrid(
    first: int, length: int, is_key: bool
) -> None:
    assert forms.public_key(bytes((6, first)) + bytes(length - 1), b"") is is_key
