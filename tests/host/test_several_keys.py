"""Wallets of several keys or conditions: payments written down, signed by turns, and ended."""

from pathlib import Path

import pytest

from host.psbt import PsbtMaps
from host.transactions import Transaction
from host.values import Draft, PaymentRequest, Recipient
from tests.cosigners import TEMPLATES, shared
from tests.devnets import STRANGER
from tests.wallets import fund, paired

REPLACEABLE = 0xFFFFFFFD  # no relative lock (BIP68, BIP125)


def unsigned(draft: Draft) -> Transaction:
    return Transaction.parse(PsbtMaps.parse(draft.psbt).unsigned_tx)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_payment_waits_for_no_lock_where_signatures_are_enough(name: str, tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet", TEMPLATES[name])
    fund(wallet, 100_000)
    draft = wallet.draft(STRANGER, 25_000, 1)
    assert [txin.sequence for txin in unsigned(draft).inputs] == [REPLACEABLE]


def test_where_every_way_has_a_lock_the_payment_keeps_to_it(tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet", "wsh(and_v(v:pk(@0/**),older(10)))")
    fund(wallet, 100_000)
    draft = wallet.draft(STRANGER, 25_000, 1)
    assert [txin.sequence for txin in unsigned(draft).inputs] == [10]


@pytest.mark.parametrize("script", ["pkh", "sh-wpkh", "wpkh", "tr"])
def test_a_whole_fee_can_be_said_for_every_kind_of_account(script: str, tmp_path: Path) -> None:
    wallet = paired(tmp_path / "wallet", script)
    fund(wallet, 100_000)
    request = PaymentRequest((Recipient(STRANGER, 25_000),), fee_sats=1_000)
    draft = wallet.draft_request(request)
    assert draft.fee_sats == 1_000
    assert 4 < draft.sats_per_vbyte < 8
