"""A request for one network must not reach the coins of another."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from tests import psbts
from tests.psbts import draft, keyring, refusal, review, sign, text


@pytest.mark.parametrize("script", psbts.KINDS)
@pytest.mark.parametrize(
    ("asked", "coins"), [("regtest", "mainnet"), ("testnet", "mainnet"), ("mainnet", "testnet")]
)
def test_coins_of_another_network_are_refused(script: str, asked: str, coins: str) -> None:
    made = draft(keyring(), 1, script, network=coins)
    assert refusal(made, keyring(), asked) is BitcoinReason.WRONG_NETWORK


@pytest.mark.parametrize("script", psbts.KINDS)
@pytest.mark.parametrize(
    ("network", "start"), [("mainnet", "to bc1"), ("testnet", "to tb1"), ("regtest", "to bcrt1")]
)
def test_each_network_signs_and_shows_its_own(script: str, network: str, start: str) -> None:
    raw = draft(keyring(), 1, script, network=network).encode()
    sign(raw, keyring(), network)
    shown = text(review(raw, keyring(), network).pages)
    assert start in shown
    assert f"Network {network}" in shown


def test_change_to_the_account_of_another_network_is_a_payment() -> None:
    keys = keyring()
    made = draft(keys)
    made.outs[1] = psbts.change(keys, psbts.path("wpkh", 1, 3, "mainnet"), 74_800)
    assert "Comes back" not in text(review(made.encode(), keys).pages)
