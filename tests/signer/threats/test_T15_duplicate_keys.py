"""Of two records with one key, one reader takes the first and another the last."""

import pytest

from signer.errors import Malformed
from tests.psbts import draft, keyring, review


@pytest.mark.parametrize("place", ["in", "out", "head"])
@pytest.mark.parametrize("same_value", [True, False])
def test_the_same_key_twice_is_malformed(place: str, same_value: bool) -> None:
    made = draft(keyring())
    made.head.put(0xF0, b"first", b"id")
    records = {"in": made.ins[0], "out": made.outs[1], "head": made.head}[place].records
    key, value = records[0]
    records.append((key, value if same_value else b"\x02" + value[1:]))
    with pytest.raises(Malformed, match="twice"):
        review(made.encode(), keyring())


def test_two_unsigned_transactions_are_malformed() -> None:
    made = draft(keyring())
    made.head.put(0x00, made.unsigned_tx())
    with pytest.raises(Malformed, match="twice"):
        review(made.encode(), keyring())


@pytest.mark.parametrize("place", ["in", "out", "head"])
def test_a_field_of_the_transaction_twice_is_malformed(place: str) -> None:
    """Which of two amounts is paid, which of two coins is spent, how many there are (BIP370)."""
    made = draft(keyring())
    made.psbt_version = 2
    kind, value = {
        "in": (0x0F, (1).to_bytes(4, "little")),
        "out": (0x03, (1).to_bytes(8, "little")),
        "head": (0x05, b"\x02"),
    }[place]
    part = {"in": made.ins[0], "out": made.outs[1], "head": made.head}[place]
    part.records.append((bytes((kind,)), value))
    with pytest.raises(Malformed, match="twice"):
        review(made.encode(), keyring())
