"""Consent: an approval exists only for exactly the pages that were shown."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason, Reason, Refused
from signer.review import Fact, Kind, Page, Review, warning
from tests.psbts import PAYEE, Out, draft, keyring, review

PAGES = tuple(Page(kind, kind.value, (Fact("", kind.value),)) for kind in Kind)
REVIEW = Review("the payment", PAGES, b"\x01\x02\x03\x04", ("a", "b", "c", "d"), bytes(32))


def test_all_pages_in_order_give_an_approval() -> None:
    assert REVIEW.approve(PAGES).spend(b"\x01\x02\x03\x04") == "the payment"
    assert REVIEW.approve(list(PAGES)).spend(b"\x01\x02\x03\x04") == "the payment"


@pytest.mark.parametrize(
    "accepted",
    [(), PAGES[:-1], PAGES[1:], PAGES[::-1], (*PAGES, PAGES[0]), PAGES[:1] * len(PAGES)],
)
def test_anything_else_gives_none(accepted: tuple[Page, ...]) -> None:
    with pytest.raises(Refused) as refused:
        REVIEW.approve(accepted)
    assert refused.value.reason is CommonReason.NOT_ALL_PAGES_SHOWN


def test_a_page_that_differs_in_one_fact_is_another_page() -> None:
    bent = Page(PAGES[0].kind, PAGES[0].title, (Fact("", "something else"),))
    with pytest.raises(Refused):
        REVIEW.approve((bent, *PAGES[1:]))


def test_an_approval_is_spent_once_and_by_its_own_keys() -> None:
    approval = REVIEW.approve(PAGES)
    with pytest.raises(Refused) as wrong:
        approval.spend(b"\x00\x00\x00\x00")
    assert wrong.value.reason is CommonReason.WRONG_KEYS
    approval.spend(b"\x01\x02\x03\x04")
    with pytest.raises(Refused) as again:
        approval.spend(b"\x01\x02\x03\x04")
    assert again.value.reason is CommonReason.APPROVAL_SPENT


def test_a_review_prints_no_subject() -> None:
    assert "the payment" not in repr(REVIEW)


def test_every_reason_has_its_own_sentence_and_says_what_to_do() -> None:
    """Two reasons with equal texts would silently be one (Enum), and blame the wrong thing."""
    kinds = Reason.__subclasses__()
    reasons = [reason for kind in kinds for reason in kind]
    assert len(reasons) == sum(len(kind.__members__) for kind in kinds) > 50
    assert len({reason.name for reason in reasons}) == len(reasons)
    for reason in reasons:
        for text in (reason.sentence, reason.advice):
            assert text.isascii()
            assert text[0].isupper()
            assert text.endswith(".")
            assert "!" not in text
        assert reason.advice != reason.sentence
    assert len({reason.sentence for reason in reasons}) == len(reasons)


def test_a_refusal_says_its_reason_and_then_what_it_is_about() -> None:
    alone, about = Refused(BitcoinReason.NO_INPUTS), Refused(BitcoinReason.NO_INPUTS, "Input 1.")
    assert str(alone) == BitcoinReason.NO_INPUTS.sentence
    assert str(about) == f"{BitcoinReason.NO_INPUTS.sentence} Input 1."
    assert [alone.detail, about.detail] == ["", "Input 1."]


def test_a_warning_shows_each_of_its_lines() -> None:
    facts = (Fact("", "one line"), Fact("", "another"))
    assert warning("Odd", "one line", "another") == Page(Kind.WARNING, "Odd", facts)


payees = st.lists(
    st.tuples(
        st.integers(300, 30_000), st.sampled_from([PAYEE, b"\x00\x14" + bytes(20), b"\x6a\x01x"])
    ),
    min_size=1,
    max_size=3,
).map(tuple)


@given(payees, payees)
def test_two_payments_never_look_the_same(
    one: tuple[tuple[int, bytes], ...], other: tuple[tuple[int, bytes], ...]
) -> None:
    keys = keyring()
    pages = [
        review(draft(keys, outputs=payments).encode(), keys).pages for payments in (one, other)
    ]
    assert (pages[0] == pages[1]) is (one == other)


def test_each_fact_says_where_it_comes_from() -> None:
    """Nothing in this slice is only the host's word."""
    pages = review(draft(keyring(), 2).encode(), keyring()).pages
    origins = {fact.origin.value for page in pages for fact in page.facts}
    assert origins == {"signed bytes", "derived from your keys"}


def test_warnings_come_first() -> None:
    made = draft(keyring(), outputs=((1_000, PAYEE),), fee_sats=900)
    made.outs.append(Out([], 0, b"\x51"))
    kinds = [page.kind for page in review(made.encode(), keyring()).pages]
    assert kinds[:2] == [Kind.WARNING, Kind.WARNING]
    assert [k for k, _ in itertools.groupby(kinds)] == [
        Kind.WARNING,
        Kind.RECIPIENT,
        Kind.DETAIL,
        Kind.OVERVIEW,
    ]
