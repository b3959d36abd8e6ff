"""Amounts beyond all bitcoin there can be, alone or in sum."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from tests import psbts
from tests.psbts import draft, keyring, refusal, review

MAX_SATS = 2_100_000_000_000_000  # of consensus (MAX_MONEY)
HUGE = [MAX_SATS + 1, 2**63 - 1, 2**63, 2**64 - 1]


@pytest.mark.parametrize("script", ["wpkh", "tr"])
@pytest.mark.parametrize("sats", HUGE)
def test_a_coin_larger_than_all_coins_is_refused(script: str, sats: int) -> None:
    made = draft(keyring(), 1, script)
    made.ins[0] = psbts.coin(keyring(), psbts.path(script), sats)
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_OUT_OF_RANGE


@pytest.mark.parametrize("sats", HUGE)
def test_an_output_larger_than_all_coins_is_refused(sats: int) -> None:
    made = draft(keyring())
    made.outs[0].sats = sats
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_OUT_OF_RANGE


def test_coins_that_are_too_much_together_are_refused() -> None:
    made = draft(keyring(), 2, coin_sats=MAX_SATS // 2 + 1)
    made.outs[1].sats = 0
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_OUT_OF_RANGE


def test_outputs_that_are_too_much_together_are_refused() -> None:
    made = draft(keyring())
    for one in made.outs:
        one.sats = MAX_SATS
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_OUT_OF_RANGE


def test_all_bitcoin_there_is_can_be_shown() -> None:
    made = draft(keyring(), 1, coin_sats=MAX_SATS, outputs=((MAX_SATS - 300, psbts.PAYEE),))
    shown = psbts.text(review(made.encode(), keyring()).pages)
    assert "Pay 2 099 999 999 999 700 sats" in shown
