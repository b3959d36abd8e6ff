"""A child pays for its parent (CPFP): what both pay together, and what is refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from host.app import spend
from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.errors import BadInput, TooFewCoins, WalletError
from host.session.payment import Drafted
from host.transactions import Transaction
from host.values import Draft, PaymentRequest, SignedPayment
from host.wallet import Wallet
from host.wallet.packages import Package, child_fee
from tests.wallets import STRANGER, fund, opened, paired, sign

COIN, PAID = 1_000_000, 50_000


@pytest.fixture(params=["wpkh", "tr"])
def wallet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wallet]:
    wallet = paired(tmp_path / "w", request.param)
    yield wallet
    wallet.close()


def lifted(wallet: Wallet, txid: str, rate: float) -> Draft:
    return wallet.draft_request(PaymentRequest((), rate, child_of=txid))


def signed(wallet: Wallet, draft: Draft) -> SignedPayment:
    return wallet.finish(draft, sign(draft.psbt))


def shown(wallet: Wallet, rate: float = 1) -> SignedPayment:
    """A payment of the wallet on its way, at that rate."""
    payment = signed(wallet, wallet.draft(STRANGER, PAID, rate))
    wallet.store.mark_sent(payment.txid)
    return payment


def package_rate(*payments: SignedPayment) -> float:
    sizes = [Transaction.parse(payment.raw_tx).vsize for payment in payments]
    return sum(payment.fee_sats for payment in payments) / sum(sizes)


@pytest.mark.parametrize("rate", [2, 7.5, 40])
def test_both_pay_the_rate_together_and_what_is_left_comes_back(
    wallet: Wallet, rate: float
) -> None:
    fund(wallet, COIN)
    parent = shown(wallet)
    draft = lifted(wallet, parent.txid, rate)
    child = signed(wallet, draft)
    assert rate <= package_rate(parent, child) < rate * 1.01 + 0.1
    assert wallet.store.payments()[1].payment == child
    assert wallet.balance().pending_sats == COIN - PAID - parent.fee_sats - child.fee_sats
    assert f"lifts {parent.txid}: both pay {rate:g} sat/vB together" in Drafted(draft).sentence


def test_all_parents_that_wait_are_lifted(wallet: Wallet) -> None:
    fund(wallet, COIN)
    first, second = shown(wallet, 1), shown(wallet, 2)
    child = signed(wallet, lifted(wallet, second.txid, 10))
    assert 10 <= package_rate(first, second, child) < 10.2


def test_what_others_paid_is_lifted_as_if_it_had_no_fee(wallet: Wallet) -> None:
    parent = fund(wallet, COIN, in_block=False)
    draft = lifted(wallet, parent, 10)
    child = signed(wallet, draft)
    size = Transaction.parse(child.raw_tx).vsize
    assert draft.change_sats == 0
    assert child.fee_sats >= 10 * (size + 80)  # the parent of one input and one output
    assert draft.recipient != STRANGER


def test_a_child_is_the_same_after_a_restart_and_is_made_again(wallet: Wallet) -> None:
    parent = fund(wallet, COIN, in_block=False)
    wallet.engine.persist(wallet._persister)
    draft = lifted(wallet, parent, 10)
    wallet.close()
    again = opened(wallet.path)
    assert again.store.draft() == draft
    again.discard(draft)
    assert draft.request is not None
    assert again.draft_request(draft.request) == draft
    again.close()


def test_a_child_that_makes_no_difference_or_costs_too_much_is_not_made(wallet: Wallet) -> None:
    fund(wallet, COIN)
    parent = shown(wallet, 5)
    with pytest.raises(BadInput, match=r"It pays (5\.0|4\.9) sat/vB already"):
        lifted(wallet, parent.txid, 4.8)
    small = fund(wallet, 2_000, 1, in_block=False)
    with pytest.raises(TooFewCoins, match="has 2 000 sats"):
        lifted(wallet, small, 500)
    assert wallet.store.draft() is None


def test_only_a_coin_that_waits_and_was_shown_is_lifted(wallet: Wallet) -> None:
    mined = fund(wallet, COIN)
    with pytest.raises(WalletError, match="waits for a block"):
        lifted(wallet, mined, 9)
    unshown = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    for txid in (unshown.txid, "ab" * 32, "no txid"):
        with pytest.raises(WalletError, match=re.escape(f"no coin of {txid} to spend")):
            lifted(wallet, txid, 9)
    waiting = fund(wallet, COIN, 1, in_block=False)
    wallet.freeze(next(coin.outpoint for coin in wallet.utxos() if waiting in coin.outpoint))
    with pytest.raises(WalletError, match="frozen"):
        lifted(wallet, waiting, 9)


@pytest.mark.parametrize(
    ("parents", "fee_sats"), [(Package(100, 100), 1_900), (Package(100, 1_500), 1_000)]
)
def test_the_child_pays_what_its_parents_lack_and_never_less_than_its_own(
    parents: Package, fee_sats: int
) -> None:
    assert child_fee(parents, 100, 10) == fee_sats


async def test_nodes_take_the_child_and_a_block_takes_both(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    await devnet.fund(wallet.next_address().address, COIN)
    await backend.sync(wallet)
    parent = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, parent)
    child = signed(wallet, lifted(wallet, parent.txid, 10))
    await spend.send(wallet, backend, child)
    await devnet.mine()
    await backend.sync(wallet)
    assert wallet.confirmations(parent.txid) == wallet.confirmations(child.txid) == 1
