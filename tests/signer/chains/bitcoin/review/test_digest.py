"""The digest of a review: the last line of a page, and bound to all that is shown and signed."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.review import digest as payment_digest
from signer.review import Fact, Kind, Origin, Page, Shape, sealed
from tests.psbts import Draft, draft, keyring, review

texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=6)
facts = st.builds(Fact, texts, texts, st.sampled_from(Origin), st.sampled_from(Shape))
some_facts = st.lists(facts, max_size=2).map(tuple)
pages = st.lists(
    st.builds(Page, st.sampled_from(Kind), texts, some_facts, some_facts),
    min_size=1,
    max_size=3,
).map(tuple)


def sealed_pages(commitment: bytes, shown: Sequence[Page]) -> tuple[tuple[Page, ...], bytes]:
    made = sealed("subject", commitment, shown, bytes(4), ())
    return made.pages, made.digest


@given(pages, pages, st.binary(max_size=3), st.binary(max_size=3))
def test_only_the_same_pages_of_the_same_subject_have_the_same_digest(
    one: tuple[Page, ...], other: tuple[Page, ...], subject: bytes, second: bytes
) -> None:
    shown, digest = sealed_pages(subject, one)
    again, its_digest = sealed_pages(second, other)
    assert (digest == its_digest) is ((subject, one) == (second, other))
    assert (shown == again) is (digest == its_digest)


@given(pages, st.binary(max_size=3))
def test_the_digest_is_the_last_fact_of_a_page_and_nothing_else_changes(
    one: tuple[Page, ...], subject: bytes
) -> None:
    """Of the last folded page, a key away; of the last page where none is folded."""
    shown, digest = sealed_pages(subject, one)
    folded = [number for number, page in enumerate(one) if page.summary]
    place = folded[-1] if folded else len(one) - 1
    last = shown[place].facts[-1]
    assert (last.label, last.value, last.shape) == ("Digest", digest.hex(), Shape.ADDRESS)
    without = dataclasses.replace(shown[place], facts=shown[place].facts[:-1])
    assert (*shown[:place], without, *shown[place + 1 :]) == one


def asked_for(made: Draft) -> None:
    made.ins[1].put(0x03, (1).to_bytes(4, "little"))


def later(made: Draft) -> None:
    made.locktime = 1


def dearer(made: Draft) -> None:
    made.outs[1].sats -= 1


@pytest.mark.parametrize("change", [asked_for, later, dearer])
def test_two_payments_that_would_be_signed_differently_have_two_digests(
    change: Callable[[Draft], None],
) -> None:
    made = draft(keyring(), 2, "tr")
    before = payment_digest.payment_commitment(review(made.encode(), keyring()).subject)
    assert before == payment_digest.payment_commitment(review(made.encode(), keyring()).subject)
    change(made)
    assert before != payment_digest.payment_commitment(review(made.encode(), keyring()).subject)


def test_the_digest_is_bound_to_what_each_coin_is_worth() -> None:
    spend = review(draft(keyring(), 2).encode(), keyring()).subject
    first, second = spend.inputs
    richer = dataclasses.replace(first, utxo=dataclasses.replace(first.utxo, sats=1))
    other = dataclasses.replace(spend, inputs=(richer, second))
    assert payment_digest.payment_commitment(other) != payment_digest.payment_commitment(spend)


def test_the_digest_is_bound_to_the_type_and_the_place_of_each_signature() -> None:
    spend = review(draft(keyring(), 2).encode(), keyring()).subject
    first, second = spend.inputs
    opened = dataclasses.replace(second, hash_type=0x83)
    moved = (
        dataclasses.replace(first, tasks=(*first.tasks, *second.tasks)),
        dataclasses.replace(second, tasks=()),
    )
    found = {
        payment_digest.payment_commitment(dataclasses.replace(spend, inputs=coins))
        for coins in (spend.inputs, (first, opened), moved)
    }
    assert len(found) == 3


FACT = Fact("to", "bcrt1", Origin.SIGNED, Shape.TEXT)
PAGE = Page(Kind.RECIPIENT, "Pay", (FACT, FACT))
NEARLY = {
    "kind": dataclasses.replace(PAGE, kind=Kind.CHANGE),
    "title": dataclasses.replace(PAGE, title="Pay "),
    "a fact less": dataclasses.replace(PAGE, facts=(FACT,)),
    "no facts": dataclasses.replace(PAGE, facts=()),
    "a fact folded": Page(Kind.RECIPIENT, "Pay", (FACT,), (FACT,)),
    "both facts folded": Page(Kind.RECIPIENT, "Pay", (), (FACT, FACT)),
} | {
    name: dataclasses.replace(PAGE, facts=(dataclasses.replace(FACT, **change), FACT))
    for name, change in {
        "label": {"label": "tO"},
        "value": {"value": "bcrt2"},
        "a letter moved": {"label": "tob", "value": "crt1"},
        "origin": {"origin": Origin.HOST},
        "shape": {"shape": Shape.ADDRESS},
    }.items()
}


@pytest.mark.parametrize("other", NEARLY.values(), ids=list(NEARLY))
def test_a_page_that_differs_in_one_thing_has_another_digest(other: Page) -> None:
    assert sealed_pages(b"", [PAGE])[1] != sealed_pages(b"", [other])[1]


@pytest.mark.parametrize("field", ["path", "public_key", "tree", "digest"])
def test_the_digest_is_bound_to_what_is_signed_with_which_key(field: str) -> None:
    spend = review(draft(keyring(), 2).encode(), keyring()).subject
    first, second = spend.inputs
    [job] = first.tasks
    changes: dict[str, Any] = {field: (1,) if field == "path" else b"another"}
    bent = dataclasses.replace(first, tasks=(dataclasses.replace(job, **changes),))
    other = dataclasses.replace(spend, inputs=(bent, second))
    assert payment_digest.payment_commitment(other) != payment_digest.payment_commitment(spend)
