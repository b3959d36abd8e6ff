"""Coins that are there and are not spent: each refusal names its true cause."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import bdkpython as bdk
import pytest

from host.errors import BadInput, TooFewCoins, WalletError
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from host.values import PaymentRequest, Recipient, SignedPayment
from host.wallet import Wallet
from tests.cosigners import TEMPLATES, shared
from tests.cosigners import sign as sign_by
from tests.wallets import NOW, STRANGER, confirm, fund, paired, sign

FROZEN = "100 000 sats more are frozen: `quietkey wallet unfreeze` lets them be spent."
WAITING = "100 000 sats more wait for their first block, and could be taken back until then."
UNSENT = "sats more come back from a payment that no peer has shown yet."
NEW = "100 000 sats more are newly mined, and can be spent from block 101 on."


@pytest.fixture(params=["wpkh", "club"])
def wallet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wallet]:
    """A coin of 100 000 sats, of one key, or of one of two paths."""
    wallet = paired(tmp_path / "w") if request.param == "wpkh" else of_paths(tmp_path / "w")
    fund(wallet, 100_000)
    yield wallet
    wallet.close()


def of_paths(path: Path) -> Wallet:
    return shared(path, TEMPLATES["later the other"])


def signed(wallet: Wallet, request: PaymentRequest) -> SignedPayment:
    draft = wallet.draft_request(request)
    raw = sign_by(draft.psbt, 0, TEMPLATES["later the other"]) if wallet.is_policy else None
    return wallet.finish(draft, raw or sign(draft.psbt))


def refusal(wallet: Wallet, sats: int | None = 150_000) -> str:
    with pytest.raises(TooFewCoins) as caught:
        wallet.draft_request(PaymentRequest.to(STRANGER, sats))
    assert wallet.store.draft() is None
    return str(caught.value).replace("\xa0", " ")


def held(wallet: Wallet, cause: str) -> str:
    """A second coin that no payment takes."""
    if cause == WAITING:
        return f"{fund(wallet, 100_000, 1, in_block=False)}:0"
    if cause == NEW:
        return f"{mined(wallet, 100_000)}:0"
    coin = f"{fund(wallet, 100_000, 1)}:0"
    wallet.freeze(coin)
    return coin


def mined(wallet: Wallet, sats: int) -> str:
    """A miner's coin of block 1."""
    address = bdk.Address(wallet.next_address().address, bdk.Network.REGTEST)
    nothing = Outpoint(bytes(32), 0xFFFFFFFF)
    output = TxOut(sats, bytes(address.script_pubkey().to_bytes()))
    coin = Transaction(2, (TxIn(nothing, b"\x01\x01", 0),), (output,), 0)
    wallet._save()
    with closing(sqlite3.connect(wallet.path / "coins.sqlite")) as db, db:
        row = (coin.name, coin.encode(), NOW)
        db.execute("INSERT INTO bdk_txs (txid, raw_tx, last_seen) VALUES (?, ?, ?)", row)
    confirm(wallet.path / "coins.sqlite", coin.name)
    wallet._load()
    return coin.name


@pytest.mark.parametrize("cause", [FROZEN, WAITING, NEW])
def test_a_payment_says_what_more_there_is_and_why_it_is_not_spent(
    wallet: Wallet, cause: str
) -> None:
    coin = held(wallet, cause)
    said = refusal(wallet)
    assert "sats are missing: this payment needs 150 " in said
    assert f"and there are 100 000. No payment was created. {cause}" in said
    request = PaymentRequest((Recipient(STRANGER, 25_000),), coins=(coin,))
    with pytest.raises(BadInput) as caught:
        wallet.draft_request(request)
    assert {
        FROZEN: "is frozen: unfreeze it first.",
        WAITING: "waits for its first block, and could be taken back until then.",
        NEW: "is newly mined, and can be spent from block 101 on.",
    }[cause] in str(caught.value)
    assert wallet.draft(STRANGER, 25_000, 1)


@pytest.mark.parametrize("cause", [FROZEN, WAITING, NEW])
@pytest.mark.parametrize("sats", [None, 25_000])
def test_where_nothing_can_be_spent_the_cause_is_said(
    tmp_path: Path, cause: str, sats: int | None
) -> None:
    wallet = paired(tmp_path / "w")
    held(wallet, cause)
    said = refusal(wallet, sats)
    assert said.endswith(cause)
    assert "cost more to spend" not in said
    assert "leaves nothing to pay" not in said
    wallet.close()


def test_without_any_coin_it_says_to_receive_some(tmp_path: Path) -> None:
    wallet = paired(tmp_path / "w")
    assert refusal(wallet, None) == (
        "There is nothing to spend. No payment was created. Receive coins first."
    )
    wallet.close()


def test_change_of_what_nobody_has_shown_is_named_as_that(wallet: Wallet) -> None:
    signed(wallet, PaymentRequest.to(STRANGER, 25_000))
    assert refusal(wallet).endswith(UNSENT)


@pytest.mark.parametrize("cause", [FROZEN, WAITING, NEW])
def test_a_higher_fee_that_other_coins_could_have_paid_says_why_they_do_not(
    wallet: Wallet, cause: str
) -> None:
    payment = signed(wallet, PaymentRequest.to(STRANGER, None))
    wallet.store.mark_sent(payment.txid)
    held(wallet, cause)
    with pytest.raises(WalletError) as caught:
        wallet.draft_bump(payment.txid, 50)
    said = str(caught.value).replace("\xa0", " ")
    assert cause in said
    assert "cost more to spend" not in said


def test_a_higher_fee_out_of_the_change_takes_no_other_coin_into_account(wallet: Wallet) -> None:
    payment = signed(wallet, PaymentRequest.to(STRANGER, 25_000))
    wallet.store.mark_sent(payment.txid)
    with pytest.raises(WalletError) as caught:
        wallet.draft_bump(payment.txid, 5_000)
    said = str(caught.value).replace("\xa0", " ")
    assert "more come back" not in said, "its own change pays for it, as far as it goes"
    assert "eceive coins first" in said


def test_what_cannot_be_called_off_at_a_rate_says_what_its_coins_have(wallet: Wallet) -> None:
    payment = signed(wallet, PaymentRequest.to(STRANGER, 25_000))
    wallet.store.mark_sent(payment.txid)
    fund(wallet, 900_000, 1)
    with pytest.raises(TooFewCoins) as caught:
        wallet.draft_call_off(payment.txid, 5_000)
    said = str(caught.value).replace("\xa0", " ")
    assert "with its fee, and there are 100 000." in said
    assert "The coins of the payment have 100 000 sats. Choose a lower rate." in said


def test_coins_that_cost_more_than_they_hold_are_called_so(tmp_path: Path) -> None:
    wallet = paired(tmp_path / "w")
    for number in range(20):
        fund(wallet, 1_000, number)
    with pytest.raises(TooFewCoins, match="cost more to spend than they hold, and the others"):
        wallet.draft(STRANGER, 5_000, 50)
    wallet.close()
