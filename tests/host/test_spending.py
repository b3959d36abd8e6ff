"""Several recipients, all there is, chosen and frozen coins, fees and data: what is drafted."""

import re
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from host.app import spend
from host.errors import BadInput, NetworkError, TooFewCoins, WalletError
from host.psbt import PsbtMaps
from host.transactions import Transaction
from host.values import Draft, PaymentRequest, Recipient, Sent
from host.wallet import Wallet, payment_request
from tests.wallets import NOW, STRANGER, fund, opened, paired, sign

SOMEBODY = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"
LEGACY = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"
COINS = (100_000, 60_000, 40_000)


@pytest.fixture(params=["wpkh", "tr"])
def wallet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wallet]:
    """Three coins, largest first in `utxos`."""
    wallet = paired(tmp_path / "w", request.param)
    for number, sats in enumerate(COINS):
        fund(wallet, sats, number)
    yield wallet
    wallet.close()


def unsigned(draft: Draft) -> Transaction:
    return Transaction.parse(PsbtMaps.parse(draft.psbt).unsigned_tx)


def paid(draft: Draft) -> dict[str, int | None]:
    return {recipient.address: recipient.sats for recipient in draft.recipients}


def spent(draft: Draft) -> set[str]:
    return {
        f"{txin.outpoint.txid[::-1].hex()}:{txin.outpoint.index}" for txin in unsigned(draft).inputs
    }


def signed_vbytes(wallet: Wallet, draft: Draft) -> int:
    return Transaction.parse(wallet.finish(draft, sign(draft.psbt)).raw_tx).vsize


# ---- several recipients


def test_several_are_paid_by_one_payment_which_the_device_signs(wallet: Wallet) -> None:
    request = PaymentRequest(
        (
            Recipient(STRANGER.upper(), 25_000, "Rent"),
            Recipient(f"bitcoin:{SOMEBODY}?amount=0.0001", 10_000),
            Recipient(LEGACY, 5_000),
        )
    )
    draft = wallet.draft_request(request)
    assert paid(draft) == {STRANGER: 25_000, SOMEBODY: 10_000, LEGACY: 5_000}
    assert (draft.sats, draft.recipient) == (40_000, f"{STRANGER} {SOMEBODY} {LEGACY}")
    amounts = sorted(output.sats for output in unsigned(draft).outputs)
    assert amounts == sorted([25_000, 10_000, 5_000, draft.change_sats])
    payment = wallet.finish(draft, sign(draft.psbt))
    (record,) = wallet.waiting()
    assert record.payment == payment
    assert record.recipient.split() == [STRANGER, SOMEBODY, LEGACY]


def test_a_draft_of_several_is_the_same_after_a_restart(wallet: Wallet) -> None:
    request = PaymentRequest(
        (Recipient(STRANGER, 25_000, "Rent"), Recipient(SOMEBODY, None)), 2.5, data=b"note"
    )
    draft = wallet.draft_request(request)
    wallet.close()
    again = opened(wallet.path)
    assert again.store.draft() == draft
    again.close()


@pytest.mark.parametrize(
    ("recipients", "says"),
    [
        ((), "nobody to pay"),
        ((Recipient(STRANGER, None), Recipient(SOMEBODY, None)), "to one recipient only"),
        ((Recipient(STRANGER, 25_000), Recipient("nonsense", 1_000)), "not a Bitcoin address"),
        ((Recipient(STRANGER, 25_000), Recipient(SOMEBODY, 1)), "is too little"),
        ((Recipient(f"bitcoin:{STRANGER}?amount=1", None),), "asks for 100 000 000 sats"),
    ],
)
def test_nothing_is_drafted_when_one_of_them_cannot_be_paid(
    wallet: Wallet, recipients: tuple[Recipient, ...], says: str
) -> None:
    with pytest.raises(BadInput, match=re.escape(says)):
        wallet.draft_request(PaymentRequest(recipients))
    assert wallet.store.draft() is None


# ---- all there is


def test_all_there_is_goes_to_one_and_nothing_is_left(wallet: Wallet) -> None:
    draft = wallet.draft_request(PaymentRequest.to(STRANGER, None, 3))
    assert draft.sats == sum(COINS) - draft.fee_sats
    assert draft.change_sats == 0
    assert len(unsigned(draft).inputs) == len(COINS)
    assert paid(draft) == {STRANGER: draft.sats}


def test_one_gets_a_sum_and_another_all_that_is_left(wallet: Wallet) -> None:
    request = PaymentRequest((Recipient(STRANGER, 25_000), Recipient(SOMEBODY, None)))
    draft = wallet.draft_request(request)
    assert paid(draft) == {STRANGER: 25_000, SOMEBODY: sum(COINS) - 25_000 - draft.fee_sats}
    assert draft.change_sats == 0


def test_the_same_one_may_get_a_sum_and_the_rest(wallet: Wallet) -> None:
    request = PaymentRequest((Recipient(STRANGER, 25_000), Recipient(STRANGER, None)))
    draft = wallet.draft_request(request)
    assert [recipient.sats for recipient in draft.recipients] == [
        25_000,
        sum(COINS) - 25_000 - draft.fee_sats,
    ]


def test_all_of_nothing_is_said(tmp_path: Path) -> None:
    empty = paired(tmp_path / "empty")
    with pytest.raises(TooFewCoins, match="There is nothing to spend"):
        empty.draft_request(PaymentRequest.to(STRANGER, None))
    fund(empty, 400)
    with pytest.raises(TooFewCoins, match="No payment was created"):
        empty.draft_request(PaymentRequest.to(STRANGER, None, 5))
    empty.close()


# ---- chosen and frozen coins


def test_only_the_chosen_coins_are_spent(wallet: Wallet) -> None:
    small = wallet.utxos()[-1].outpoint
    draft = wallet.draft_request(PaymentRequest((Recipient(STRANGER, 25_000),), coins=(small,)))
    assert spent(draft) == {small}
    everything = wallet.draft_request(PaymentRequest((Recipient(STRANGER, None),), coins=(small,)))
    assert spent(everything) == {small}
    assert everything.sats == 40_000 - everything.fee_sats


def test_too_small_a_choice_is_counted_alone(wallet: Wallet) -> None:
    small = wallet.utxos()[-1].outpoint
    with pytest.raises(TooFewCoins, match=r"there are 40 000\..*Choose more coins"):
        wallet.draft_request(PaymentRequest((Recipient(STRANGER, 50_000),), coins=(small,)))


def test_a_coin_that_cannot_be_chosen_says_why(wallet: Wallet) -> None:
    frozen = wallet.utxos()[0].outpoint
    wallet.freeze(frozen)
    fund(wallet, 30_000, 9, in_block=False)
    early = next(coin.outpoint for coin in wallet.utxos() if coin.height is None)
    for coin, says in (
        (frozen, "is frozen: unfreeze it first"),
        (early, "waits for its first block"),
        ("ab" * 32 + ":0", "There is no coin abab"),
        ("nonsense", "There is no coin nonsense"),
    ):
        with pytest.raises(BadInput, match=re.escape(says)):
            wallet.draft_request(PaymentRequest((Recipient(STRANGER, 1_000),), coins=(coin,)))


def test_a_frozen_coin_is_in_no_payment_until_it_is_thawed(wallet: Wallet) -> None:
    large = wallet.utxos()[0].outpoint
    wallet.freeze(large)
    wallet.close()
    wallet = opened(wallet.path)
    assert [coin.frozen for coin in wallet.utxos()] == [True, False, False]
    draft = wallet.draft_request(PaymentRequest.to(STRANGER, None))
    assert large not in spent(draft)
    assert draft.sats == 100_000 - draft.fee_sats
    with pytest.raises(TooFewCoins, match=r"there are 100 000\..*100 000 sats more are frozen"):
        wallet.draft(STRANGER, 120_000, 1)
    wallet.unfreeze(large)
    assert large in spent(wallet.draft(STRANGER, 120_000, 1))
    wallet.close()


def test_a_bump_takes_no_frozen_coin(wallet: Wallet) -> None:
    large, middle, small = (coin.outpoint for coin in wallet.utxos())
    whole = PaymentRequest((Recipient(STRANGER, 39_000),), coins=(small,))
    draft = wallet.draft_request(whole)
    payment = wallet.finish(draft, sign(draft.psbt))
    wallet.store.mark_sent(payment.txid)
    wallet.freeze(large)
    bumped = wallet.draft_bump(payment.txid, 30)
    assert spent(bumped) == {small, middle}


# ---- fees, data, lock time


def test_a_fee_can_be_said_as_a_whole_and_its_rate_is_true(wallet: Wallet) -> None:
    request = PaymentRequest((Recipient(STRANGER, 25_000),), fee_sats=1_234)
    draft = wallet.draft_request(request)
    assert draft.fee_sats == 1_234
    assert draft.sats_per_vbyte == pytest.approx(1_234 / signed_vbytes(wallet, draft), rel=0.01)


def test_the_size_that_is_reckoned_with_is_the_one_that_is_signed(wallet: Wallet) -> None:
    draft = wallet.draft_request(PaymentRequest.to(STRANGER, None))
    expected = payment_request.vbytes(unsigned(draft), wallet.coin_weight)
    assert abs(expected - signed_vbytes(wallet, draft)) <= 1


def test_data_stands_behind_an_op_return_and_the_device_signs_it(wallet: Wallet) -> None:
    draft = wallet.draft_request(PaymentRequest((Recipient(STRANGER, 25_000),), data=b"hello"))
    scripts = [output.script_pubkey for output in unsigned(draft).outputs]
    assert b"\x6a\x05hello" in scripts
    assert wallet.finish(draft, sign(draft.psbt))
    with pytest.raises(BadInput, match="80 bytes of data at most"):
        wallet.draft_request(PaymentRequest((Recipient(STRANGER, 25_000),), data=b"x" * 81))


@pytest.mark.parametrize(("asked", "written"), [(None, 1), (0, 0), (700_000, 700_000)])
def test_the_lock_time_is_the_present_height_unless_it_is_said(
    wallet: Wallet, asked: int | None, written: int
) -> None:
    request = PaymentRequest((Recipient(STRANGER, 25_000),), lock_time=asked)
    assert unsigned(wallet.draft_request(request)).lock_time == written


@pytest.mark.parametrize(
    ("lock_time", "waits"), [(1, False), (2, True), (NOW, False), (NOW + 1, True)]
)
async def test_a_payment_that_waits_is_not_sent_and_does_not_stop_the_next(
    wallet: Wallet, lock_time: int, waits: bool
) -> None:
    request = PaymentRequest((Recipient(STRANGER, 25_000),), lock_time=lock_time)
    draft = wallet.draft_request(request)
    payment = wallet.finish(draft, sign(draft.psbt))
    assert bool(wallet.waits_until(payment)) is waits
    if waits:
        with pytest.raises(NetworkError, match=r"No block takes it before (block 2|2023-11-14)"):
            await spend.send(wallet, Silent(), payment)
        await spend.send_waiting(wallet, Silent())
    else:
        with pytest.raises(AssertionError):
            await spend.send_waiting(wallet, Silent())


class Silent:
    """A backend that is not to be asked."""

    async def broadcast(self, *_: object) -> Sent:
        raise AssertionError

    async def fee_floor(self) -> float:
        return 0

    async def sync(self, _: Wallet) -> None: ...

    async def close(self) -> None: ...

    async def follow(self, _: Wallet) -> AsyncGenerator[int, None]:
        yield 1


def test_a_lock_time_that_is_none_is_refused(wallet: Wallet) -> None:
    for lock_time in (-1, 1 << 32):
        with pytest.raises(WalletError, match="block height or a Unix time"):
            wallet.draft_request(
                PaymentRequest((Recipient(STRANGER, 25_000),), lock_time=lock_time)
            )


# ---- nobody is paid twice, also in company


def test_nobody_of_several_is_paid_again_beside_an_ended_payment(wallet: Wallet) -> None:
    large, middle, _ = (coin.outpoint for coin in wallet.utxos())
    both = (Recipient(STRANGER, 25_000), Recipient(SOMEBODY, 5_000))
    draft = wallet.draft_request(PaymentRequest(both, coins=(large,)))
    payment = wallet.finish(draft, sign(draft.psbt))
    wallet.give_up(payment.txid)
    beside = PaymentRequest((Recipient(SOMEBODY.upper(), 5_000),), coins=(middle,))
    with pytest.raises(WalletError, match="nobody is paid twice"):
        wallet.draft_request(beside)
    assert large in spent(wallet.draft(SOMEBODY, 5_000, 1)), "its coin rules the ended one out"
