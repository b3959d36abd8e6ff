"""Coins of two accounts in one payment: change of one would silently go to the other."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.keys.path import Path
from tests import psbts
from tests.psbts import draft, keyring, refusal


@pytest.mark.parametrize("second", [psbts.path("wpkh", account=1), psbts.path("tr")])
def test_coins_of_two_accounts_are_refused(second: Path) -> None:
    keys = keyring()
    made = draft(keys)
    made.ins.append(psbts.coin(keys, second, 50_000, 5))
    assert refusal(made, keys) is BitcoinReason.MIXED_ACCOUNTS


def test_coins_of_both_branches_of_one_account_are_one_account() -> None:
    keys = keyring()
    made = draft(keys)
    made.ins.append(psbts.coin(keys, psbts.path("wpkh", 1, 4), 1_000, 5))
    psbts.sign(made.encode(), keys)
