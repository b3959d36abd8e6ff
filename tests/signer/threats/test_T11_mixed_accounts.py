"""Coins of several accounts of one seed: what becomes of each account is on a page of its own."""

import pytest

from signer.chains.bitcoin.payment.inputs import MAX_ACCOUNTS
from signer.chains.bitcoin.psbt import container
from signer.errors import CommonReason
from signer.keys.path import Path
from tests import kernel, psbts
from tests.psbts import draft, keyring, refusal, review, sign, sign_part, text, vault

ACCOUNTS = ("wpkh", "tr", "pkh", "sh(wpkh)")


@pytest.mark.parametrize("second", [psbts.path("wpkh", account=1), psbts.path("tr")])
def test_coins_of_two_accounts_are_summed_for_each(second: Path) -> None:
    keys = keyring()
    made = draft(keys)
    made.ins.append(psbts.coin(keys, second, 10_000, 5))
    shown = text(review(made.encode(), keys).pages)
    name = "84h/1h/1h" if second[2] != psbts.path()[2] else "86h/1h/0h"
    assert "Change to you 74 800 sats" in shown
    assert "From 2 coins of 2 accounts, 110 000 sats\n" in shown
    assert (
        "[Account 1 of 2]\nFrom account 84h/1h/0h\nSpends 1 coin, 100 000 sats\n"
        "Gets back 74 800 sats\nIn all 25 200 sats less\n"
        f"[Account 2 of 2]\nFrom account {name}\nSpends 1 coin, 10 000 sats\n"
        "Gets back 0 sats\nIn all 10 000 sats less\n[Details]\n"
    ) in shown
    assert f"checked\nAccount 84h/1h/0h\nAccount {name}\n" in shown
    sign(made.encode(), keys)


def test_change_that_moves_from_one_account_to_another_is_on_both_pages() -> None:
    """Dust of a second account in the payment, and its change swallows that of the first."""
    keys = keyring()
    made = draft(keys)
    made.ins.append(psbts.coin(keys, psbts.path("tr"), 600, 5))
    made.outs[1] = psbts.change(keys, psbts.path("tr", 1, 3), 74_800)
    shown = text(review(made.encode(), keys).pages)
    assert "Gets back 0 sats\nIn all 100 000 sats less" in shown
    assert "Gets back 74 800 sats\nIn all 74 200 sats more" in shown
    assert "path 86h/1h/0h/1/3, checked" in shown


def test_coins_of_all_kinds_are_signed_together() -> None:
    """What Bitcoin Core's and the BitBoxApp's wallets send; its size is known as well."""
    keys = keyring()
    made = draft(keys, outputs=((340_000, psbts.PAYEE),), coin_sats=350_000)
    made.ins += [psbts.coin(keys, psbts.path(kind), 10_000, 9) for kind in ACCOUNTS[1:]]
    made.ins += [psbts.coin(keys, psbts.path("pkh", 0, n), 10_000, n) for n in range(1, 5)]
    raw = made.encode()
    reviewed = review(raw, keys)
    signed = container.parse(sign(raw, keys))
    script_sigs = 5 * 106 + 23  # of the legacy coins and the nested one
    weight = 3 * (len(signed.unsigned_tx) + script_sigs) + len(kernel.finalized(signed))
    assert reviewed.subject.vbytes == (weight + 3) // 4


def test_a_registered_account_of_one_key_mixes_with_standard_ones() -> None:
    keys = keyring()
    of = vault("wpkh(@0/**)", keys, at="m/84h/1h/7h", name="Savings")
    made = draft(of)
    made.ins.append(psbts.coin(keys, psbts.path("tr"), 10_000, 5))
    records = [of.record(keys)]
    shown = text(review(made.encode(), keys, "regtest", records).pages)
    assert 'From account "Savings"\nAccount id ' in shown
    assert "From account 86h/1h/0h\n" in shown
    kernel.check(sign_part(made.encode(), keys, "regtest", records))


def test_more_accounts_than_a_person_reads_are_refused() -> None:
    keys = keyring()
    made = draft(keys)
    for account in range(1, MAX_ACCOUNTS):
        made.ins.append(psbts.coin(keys, psbts.path(account=account), 1_000, account))
    review(made.encode(), keys)
    made.ins.append(psbts.coin(keys, psbts.path("tr"), 1_000, 99))
    assert refusal(made, keys) is CommonReason.TOO_LARGE


def test_coins_of_both_branches_of_one_account_are_one_account() -> None:
    keys = keyring()
    made = draft(keys)
    made.ins.append(psbts.coin(keys, psbts.path("wpkh", 1, 4), 1_000, 5))
    assert "From 2 coins, 101 000 sats\n" in text(review(made.encode(), keys).pages)
    psbts.sign(made.encode(), keys)
