"""A request for one network must not reach the coins of another."""

import pytest

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.chains.bitcoin.reasons import BitcoinReason
from tests import psbts
from tests.psbts import OTHER, Vault, draft, keyring, refusal, review, sign, text, vault


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


SAID = "No network is part of this path: the coins may be real ones."


def of_bip45(network: str, template: str = "sh(sortedmulti(2,@0/**,@1/**))") -> Vault:
    """An account of several keys as BIP45 has them: the same keys on every network."""
    signers = [keyring(), keyring(OTHER)][: template.count("@")]
    return vault(template, *signers, at="m/45h/0", network=network)


@pytest.mark.parametrize("template", ["sh(sortedmulti(2,@0/**,@1/**))", "tr(musig(@0,@1)/**)"])
@pytest.mark.parametrize("network", ["mainnet", "testnet", "regtest"])
def test_an_account_without_a_network_in_its_path_may_hold_real_coins(
    network: str, template: str
) -> None:
    """Talked into it for a test network, a person would sign for the real coins of it."""
    of = of_bip45(network, template)
    shown = text(review(draft(of).encode(), keyring(), network, [of.record(keyring())]).pages)
    warned = f'[Unusual path]\nAccount "Vault"\n{SAID}\n[Recipient 1 of 1]'
    assert shown.startswith(warned) is (network != "mainnet")
    assert (SAID in shown) is (network != "mainnet")


@pytest.mark.parametrize("network", ["mainnet", "testnet"])
def test_its_registration_says_so(network: str) -> None:
    of = of_bip45(network)
    keys = [key.render(of.policy.network) for key in of.policy.keys]
    asked = POLICY_ACCOUNTS.registration("Vault", of.policy.template, keys, keyring(), network)
    said = "No network is part of the path of your keys.\nThey are the same for real coins."
    assert (said in text(asked.pages)) is (network != "mainnet")


def test_an_account_with_a_network_in_its_path_is_not_warned_of() -> None:
    of = vault("wsh(sortedmulti(2,@0/**,@1/**))", keyring(), keyring(OTHER))
    shown = text(review(draft(of).encode(), keyring(), records=[of.record(keyring())]).pages)
    assert shown.startswith("[Recipient 1 of 1]")


@pytest.mark.parametrize(
    ("registered", "asked"),
    [("mainnet", "regtest"), ("regtest", "mainnet"), ("testnet", "regtest"), ("signet", "testnet")],
)
def test_a_record_of_one_network_signs_on_no_other(registered: str, asked: str) -> None:
    """Not even where keys and scripts are the same."""
    of = of_bip45(registered)
    records = [of.record(keyring())]
    assert refusal(draft(of), keyring(), asked, records) is BitcoinReason.NOT_REGISTERED
