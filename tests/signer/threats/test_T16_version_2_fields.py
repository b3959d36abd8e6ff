"""Fields of one version in the other: some readers would pay what they say, others not."""

import pytest

from signer.errors import Malformed
from tests import psbts
from tests.psbts import draft, keyring, review

FIELDS = [
    ("head", 0x02, bytes(4)),
    ("head", 0x03, bytes(4)),
    ("head", 0x04, b"\x01"),
    ("head", 0x05, b"\x02"),
    ("head", 0x06, b"\x00"),
    ("in", 0x0E, bytes(32)),
    ("in", 0x0F, bytes(4)),
    ("in", 0x10, bytes(4)),
    ("in", 0x11, (1_700_000_000).to_bytes(4, "little")),
    ("in", 0x12, (100).to_bytes(4, "little")),
    ("out", 0x03, (900_000).to_bytes(8, "little")),
    ("out", 0x04, psbts.PAYEE),
    # Silent payments exist in version 2 only (BIP375).
    ("head", 0x07, bytes(33)),
    ("head", 0x08, bytes(64)),
    ("in", 0x1D, bytes(33)),
    ("in", 0x1E, bytes(64)),
    ("out", 0x09, bytes(66)),
    ("out", 0x0A, bytes(4)),
]


@pytest.mark.parametrize(("place", "kind", "value"), FIELDS)
def test_a_field_of_version_2_makes_version_0_malformed(
    place: str, kind: int, value: bytes
) -> None:
    made = draft(keyring())
    {"in": made.ins[0], "out": made.outs[0], "head": made.head}[place].put(kind, value)
    with pytest.raises(Malformed, match="wrong form"):
        review(made.encode(), keyring())


@pytest.mark.parametrize("same", [True, False])
def test_an_unsigned_transaction_makes_version_2_malformed(same: bool) -> None:
    made = draft(keyring())
    unsigned = made.unsigned_tx()
    if not same:
        made.outs[0].sats += 1
    made.psbt_version = 2
    made.head.put(0x00, unsigned)
    with pytest.raises(Malformed, match="wrong form"):
        review(made.encode(), keyring())
