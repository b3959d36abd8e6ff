"""A coin is said to hold another amount than when it was signed: the second round of T01."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.network import MAX_REMEMBERED_COINS
from signer.chains.bitcoin.payment import history
from signer.chains.bitcoin.payment.history import SignedPayment, SigningHistory, TaggedAmount
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Malformed, Refused
from signer.review import Review
from tests import psbts
from tests.psbts import Draft, keyring

COIN = st.builds(TaggedAmount, st.binary(min_size=8, max_size=8), st.integers(0, 2**64 - 1))
PAYMENT = st.builds(
    SignedPayment,
    st.binary(min_size=8, max_size=8),
    st.binary(min_size=8, max_size=8),
    st.integers(0, 2**64 - 1),
    st.lists(COIN, min_size=1, max_size=9).map(tuple),
    st.lists(COIN, max_size=9).map(tuple),
)


def spending(*coins: tuple[int, int], pays: int = 25_000, proven: bool = False) -> Draft:
    """A payment of coins, (which one, its amount), each claimed or proven."""
    keys = keyring()
    made = Draft([], [psbts.Out([], pays, psbts.PAYEE)])
    for number, sats in coins:
        honest = psbts.coin(keys, psbts.path(index=number), 100_000, number)
        if not (proven and sats == 100_000):
            honest.drop(0x00)
            honest.put(0x01, psbts.output(sats, psbts.lock(keys, psbts.path(index=number))))
        made.ins.append(honest)
    left = sum(sats for _, sats in coins) - pays - 200
    made.outs.append(psbts.change(keys, psbts.path("wpkh", 1, 3), left))
    return made


def reviewed(made: Draft, past: bytes = b"") -> Review[CheckedPayment]:
    return CHAIN.review(made.encode(), keyring(), "regtest", history=past)


def signed(made: Draft, past: bytes = b"") -> bytes:
    """The history after this payment was signed."""
    review = reviewed(made, past)
    CHAIN.sign(review.approve(review.pages), keyring())
    return CHAIN.remember(review, past)


def is_refused(made: Draft, past: bytes) -> bool:
    reasons = []
    try:
        reviewed(made, past)
    except Refused as refused:
        reasons.append(refused.reason)
    assert reasons in ([], [BitcoinReason.AMOUNT_CHANGED])
    return bool(reasons)


@pytest.mark.parametrize("others", [0, 1])
def test_a_changed_amount_is_refused_whatever_else_is_signed_with_it(others: int) -> None:
    past = signed(spending((1, 100_000), (2, 90_000)))
    beside = tuple((8 + number, 50_000) for number in range(others))
    assert is_refused(spending((1, 99_999), *beside), past)
    assert is_refused(spending((2, 90_001), *beside), past)
    assert not is_refused(spending((1, 100_000), (2, 90_000), *beside), past)
    assert not is_refused(spending((3, 99_999), *beside), past)


def test_a_proof_may_say_otherwise_and_is_remembered_in_its_place() -> None:
    """One lie must not lock a coin up for ever; and after the proof no second lie passes."""
    past = signed(spending((1, 99_000)))
    past = signed(spending((1, 100_000), (2, 70_000), proven=True), past)
    assert is_refused(spending((1, 99_000), pays=20_000), past)
    assert not is_refused(spending((1, 100_000), pays=20_000), past)


def test_what_is_only_reviewed_is_not_remembered() -> None:
    past = signed(spending((1, 100_000)))
    reviewed(spending((2, 50_000)), past)
    assert not is_refused(spending((2, 60_000)), past)


def test_the_same_payment_again_takes_no_more_room() -> None:
    past = signed(spending((1, 100_000), (2, 90_000)))
    assert signed(spending((1, 100_000), (2, 90_000)), past) == past


def test_the_oldest_payments_make_room() -> None:
    """The bound is part of the promise: README says what it means."""
    past = signed(spending((1, 100_000)))
    many = tuple((10 + number, 100_000) for number in range(MAX_REMEMBERED_COINS - 1))
    past = signed(spending(*many), past)
    assert is_refused(spending((1, 90_000)), past)
    past = signed(spending((2, 100_000)), past)
    assert not is_refused(spending((1, 90_000)), past)
    assert is_refused(spending((2, 90_000)), past)
    assert len(past) < 16 * 1024


def test_a_payment_of_as_many_coins_as_are_remembered_is_remembered() -> None:
    many = tuple((10 + number, 100_000) for number in range(MAX_REMEMBERED_COINS))
    past = signed(spending(*many))
    assert is_refused(spending((10, 90_000)), past)


def test_a_payment_of_more_coins_leaves_the_memory_as_it_is() -> None:
    past = signed(spending((1, 100_000)))
    many = tuple((10 + number, 100_000) for number in range(MAX_REMEMBERED_COINS + 1))
    assert signed(spending(*many, proven=True), past) == past


def test_the_history_holds_tags_and_no_outpoint() -> None:
    made = spending((1, 100_000))
    past = signed(made)
    assert made.ins[0].outpoint[:8] not in past
    assert psbts.PAYEE not in past


def test_a_history_that_a_device_has_kept_is_read_by_the_next_version() -> None:
    assert history.read(b"\x01") == SigningHistory()
    past = b"\x01" + bytes(range(16)) + (200).to_bytes(8, "little") + b"\x01" + bytes(16) + b"\x00"
    coins = (TaggedAmount(bytes(8), 0),)
    payment = SignedPayment(bytes(range(8)), bytes(range(8, 16)), 200, coins)
    assert history.read(past) == SigningHistory((payment,))


@given(st.lists(PAYMENT, max_size=9).map(tuple))
def test_a_history_reads_back(payments: tuple[SignedPayment, ...]) -> None:
    made = SigningHistory(payments)
    assert history.read(made.encode()) == made


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for made in (data, b"\x01" + data):
        with suppress(Malformed):
            assert history.read(made).encode() == made or not made


def test_a_history_beyond_its_bound_or_of_another_version_is_malformed() -> None:
    coin = TaggedAmount(bytes(8), 1)
    most = (coin,) * MAX_REMEMBERED_COINS

    def with_amounts(*lists: tuple[TaggedAmount, ...]) -> SigningHistory:
        """Payments of these coins and recipients, in turn."""
        pairs = zip(lists[::2], lists[1::2], strict=True)
        return SigningHistory(tuple(SignedPayment(bytes(8), bytes(8), 1, *p) for p in pairs))

    full = with_amounts(most, most)
    assert history.read(full.encode()) == full
    over = with_amounts(most, (), (coin,), ())
    many = with_amounts((coin,), most, (coin,), (coin,))
    for bad in (
        over.encode(),
        many.encode(),
        with_amounts((), ()).encode(),
        b"\x02",
        full.encode()[:-1],
    ):
        with pytest.raises(Malformed):
            history.read(bad)
