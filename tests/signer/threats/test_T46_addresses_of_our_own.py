"""An address to receive at is derived on the device; the host's screen may show an attacker's."""

from collections.abc import Callable

import pytest

from signer.chains.bitcoin import BITCOIN, CHAIN, POLICY_ACCOUNTS
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address
from signer.errors import Malformed, Refused
from signer.keys.path import parse
from tests import psbts
from tests.psbts import OTHER, keyring, vault

ACCOUNT = vault("wsh(sortedmulti(2,@0/**,@1/<4;5>/*))", keyring(), keyring(OTHER))


def shown(branch: int, index: int, network: str = "regtest") -> tuple[str, tuple[str, ...]]:
    return POLICY_ACCOUNTS.policy_address(
        ACCOUNT.record(keyring()), keyring(), branch, index, network
    )


def test_an_address_of_a_registered_account_is_derived_from_all_its_keys() -> None:
    bdk = pytest.importorskip("bdkpython", reason="BDK is not installed")
    policy = ACCOUNT.policy
    one, other = (key.render(policy.network) for key in policy.keys)
    for branch, branch_of_other in ((0, 4), (1, 5)):
        text = f"wsh(sortedmulti(2,{one}/{branch}/*,{other}/{branch_of_other}/*))"
        theirs = bdk.Descriptor(text, bdk.NetworkKind.TEST)
        found = theirs.derive_address(7, bdk.Network.REGTEST)
        assert shown(branch, 7)[0] == str(found)


def test_it_is_the_address_whose_coins_are_signed() -> None:
    text, _ = shown(0, 0)
    made = psbts.draft(ACCOUNT)
    spent = psbts.review(made.encode(), keyring(), "regtest", [ACCOUNT.record(keyring())])
    locked = spent.subject.inputs[0].utxo.script_pubkey
    assert address.render(locked, ACCOUNT.policy.network) == text


def test_what_is_odd_about_it_is_said() -> None:
    assert shown(0, 9_999)[1] == ()
    assert shown(1, 0)[1] == ("This is a change address.",)
    assert shown(0, 10_000)[1] == ("Unusual index 10000.",)


@pytest.mark.parametrize(("branch", "index"), [(2, 0), (-1, 0), (0, -1), (0, 2**31)])
def test_a_place_that_is_none_is_malformed(branch: int, index: int) -> None:
    for of_account in (shown, said):
        with pytest.raises(Malformed):
            of_account(branch, index)


def said(branch: int, index: int, network: str = "regtest") -> None:
    """A message to sign with such an address."""
    BITCOIN.policy_statement("x", ACCOUNT.record(keyring()), (branch, index), keyring(), network)


@pytest.mark.parametrize("of_account", [shown, said])
def test_an_account_is_of_one_network(of_account: Callable[[int, int, str], object]) -> None:
    of_account(0, 0, "regtest")
    with pytest.raises(Refused) as refused:
        of_account(0, 0, "mainnet")
    assert refused.value.reason is BitcoinReason.WRONG_NETWORK


@pytest.mark.parametrize("variant", psbts.KINDS)
def test_an_address_of_one_key_is_the_one_whose_coins_are_signed(variant: str) -> None:
    where = psbts.path(variant, 0, 5)
    text, warnings = CHAIN.address(keyring(), where, variant, "regtest")
    assert warnings == ()
    assert address.parse(text, ACCOUNT.policy.network) == psbts.lock(keyring(), where)


# BIP44, BIP49, BIP84 and BIP86 for the seed "abandon ... about", as many wallets show them.
@pytest.mark.parametrize(
    ("variant", "where", "text"),
    [
        ("pkh", "m/44h/0h/0h/0/0", "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"),
        ("sh(wpkh)", "m/49h/0h/0h/0/0", "37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf"),
        ("wpkh", "m/84h/0h/0h/0/0", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"),
        ("tr", "m/86h/0h/0h/0/0", "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"),
    ],
)
def test_the_first_addresses_of_the_seed_everybody_knows(
    variant: str, where: str, text: str
) -> None:
    assert CHAIN.address(keyring(), parse(where), variant, "mainnet") == (text, ())
