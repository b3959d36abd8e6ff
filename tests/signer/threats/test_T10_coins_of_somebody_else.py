"""Beside a stranger's coin, what we pay cannot be told from the sums."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import NothingToSign
from tests import psbts
from tests.psbts import draft, keyring, refusal, review

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


@pytest.mark.parametrize("script", psbts.KINDS)
def test_where_no_coin_is_ours_there_is_nothing_to_sign(script: str) -> None:
    made = draft(keyring(OTHER), 2, script)
    with pytest.raises(NothingToSign) as finding:
        review(made.encode(), keyring())
    assert finding.value.reason is BitcoinReason.NOTHING_OURS


def test_what_is_odd_about_coins_of_others_is_theirs_to_judge() -> None:
    made = draft(keyring(OTHER), 2)
    made.ins[0].drop(0x00)
    assert refusal(made, keyring()) is BitcoinReason.NOTHING_OURS
    made.ins[1] = draft(keyring(), 2).ins[1]  # beside a coin of ours it is our matter
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_finalized_coins_have_no_hints_any_more_and_are_signed() -> None:
    made = draft(keyring(), 2)
    for one in made.ins:
        one.drop(0x06)
        one.put(0x08, b"\x00")
    with pytest.raises(NothingToSign) as finding:
        review(made.encode(), keyring())
    assert finding.value.reason is BitcoinReason.NOTHING_TO_SIGN


def test_a_finalized_coin_of_somebody_else_is_not_let_through() -> None:
    made = draft(keyring(), 2)
    made.ins[1] = psbts.coin(keyring(OTHER), psbts.path(), 100_000, 77)
    made.ins[1].put(0x08, b"\x00")
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS
