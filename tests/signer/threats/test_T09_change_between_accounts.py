"""Change belongs to the accounts that pay; what goes to another one of ours is named as that."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from tests import psbts
from tests.psbts import OTHER, THIRD, Vault, draft, keyring, refusal, review, text, vault

SHARED = "wsh(sortedmulti(2,@0/**,@1/**))"


def ours() -> Vault:
    return vault(SHARED, keyring(), keyring(OTHER), at="m/84h/1h/0h")


def shown(made: psbts.Draft, *accounts: Vault) -> str:
    records = [one.record(keyring()) for one in accounts]
    return text(review(made.encode(), keyring(), "regtest", records).pages)


def test_change_of_the_same_account_is_change_and_says_so() -> None:
    said = shown(draft(ours(), 2), ours())
    assert "Change to you 174 800 sats\nComes back to you at" in said
    assert 'account "Vault"\npath 1/3, checked' in said
    assert f'Account "Vault"\nAccount id {ours().policy.id.hex()[:16]}\n' in said


def test_change_from_several_keys_to_one_of_them_goes_to_another_account() -> None:
    """The key, its path and its master are right; the other owner would lose all of it."""
    made = draft(ours())
    made.outs[1] = psbts.change(keyring(), psbts.path("wpkh", 1, 3), 74_800)
    said = shown(made, ours())
    assert "omes back" not in said
    assert "Pay 25 000 sats\nMove 74 800 sats\nto another account of yours" in said
    assert "of your account 84h/1h/0h\npath 84h/1h/0h/1/3, checked" in said


def test_change_from_one_key_to_several_is_warned_of_and_named() -> None:
    """Who talked us into an account with a key of theirs could hold all of it back."""
    made = draft(keyring())
    made.outs[1] = psbts.shared_change(ours(), 1, 3, 74_800)
    said = shown(made, ours())
    assert said.startswith(
        "[Shared account]\nOutput 2 moves 74 800 sats\n"
        'to "Vault", which others have keys of, too.\n'
    )
    assert "omes back" not in said
    assert f'of your account "Vault"\nAccount id {ours().policy.id.hex()[:16]}\npath 1/3' in said


@pytest.mark.parametrize(
    "template",
    [
        "wsh(sortedmulti(1,@0/**,@1/**))",
        "sh(wsh(sortedmulti(2,@0/**,@1/**)))",
        "wsh(sortedmulti(2,@0/<0;2>/*,@1/**))",
    ],
)
def test_change_to_another_account_of_the_same_keys_is_named_as_that(template: str) -> None:
    """Both are registered; who registered them may still not mix them unseen (T11)."""
    other = vault(template, keyring(), keyring(OTHER), at="m/84h/1h/0h", name="Other")
    made = draft(ours())
    made.outs[1] = psbts.shared_change(other, 1, 3, 74_800)
    said = shown(made, ours(), other)
    assert "omes back" not in said
    assert "[To your other account]\nMove 74 800 sats" in said
    assert f'of your account "Other"\nAccount id {other.policy.id.hex()[:16]}\npath 1/3' in said
    assert "Shared account" not in said


def test_change_with_a_strangers_key_in_it_is_a_payment() -> None:
    made = draft(ours())
    theirs = vault(SHARED, keyring(), keyring(THIRD), at="m/84h/1h/0h")
    made.outs[1] = psbts.shared_change(theirs, 1, 3, 74_800)
    said = shown(made, ours())
    assert "[Not your change]" in said
    assert "Comes back" not in said


@pytest.mark.parametrize(("branch", "index"), [(0, 3), (1, 10_000), (1, 10_001), (1, 2**31 - 1)])
def test_only_near_places_of_its_own_branches_come_back(branch: int, index: int) -> None:
    made = draft(ours())
    made.outs[1] = psbts.shared_change(ours(), branch, index, 74_800)
    said = shown(made, ours())
    assert ("Comes back" in said) is (index <= 10_000)
    assert ("[Unusual path]" in said) is (index > 10_000)
    assert ("One of your own addresses." in said) is (branch == 0)


@pytest.mark.parametrize("place", [0, 1])
def test_coins_shared_with_others_mix_with_no_other_account(place: int) -> None:
    made = draft(ours(), 1)
    made.ins.insert(place, psbts.coin(keyring(), psbts.path(), 100_000, 1))
    records = [ours().record(keyring())]
    assert refusal(made, keyring(), "regtest", records) is BitcoinReason.MIXED_ACCOUNTS
