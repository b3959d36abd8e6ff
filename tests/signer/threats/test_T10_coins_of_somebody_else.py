"""Beside a stranger's coin, what we pay cannot be told from the sums."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from tests import psbts
from tests.psbts import draft, keyring, refusal

OTHER = "legal winner thank year wave sausage worth useful legal winner thank yellow"


@pytest.mark.parametrize("script", psbts.KINDS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_coin_that_is_not_ours_refuses_the_whole(script: str, place: int) -> None:
    made = draft(keyring(), 2, script)
    made.ins.insert(place, psbts.coin(keyring(OTHER), psbts.path(script), 100_000, 77))
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


@pytest.mark.parametrize("script", psbts.KINDS)
def test_a_coin_without_a_hint_is_not_ours(script: str) -> None:
    made = draft(keyring(), 2, script)
    made.ins[1].drop(0x06, 0x16)
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_a_finalized_coin_of_somebody_else_is_not_let_through() -> None:
    made = draft(keyring(), 2)
    made.ins[1] = psbts.coin(keyring(OTHER), psbts.path(), 100_000, 77)
    made.ins[1].put(0x08, b"\x00")
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS
