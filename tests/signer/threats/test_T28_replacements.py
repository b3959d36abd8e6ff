"""A replacement is reviewed as if it were the first: what it adds would else go unseen."""

import pytest

from signer.review import Kind
from tests import psbts
from tests.psbts import PAYEE, Draft, Out, draft, keyring, review, sign, text

KINDS = pytest.mark.parametrize("script", psbts.KINDS)


def bumped(script: str) -> Draft:
    """The same coins and payment at a higher fee, out of the change."""
    made = draft(keyring(), 2, script)
    made.outs[1].sats -= 300
    return made


@KINDS
def test_a_replacement_is_shown_in_full_after_the_first_was_signed(script: str) -> None:
    keys = keyring()
    sign(draft(keys, 2, script).encode(), keys)
    again = review(bumped(script).encode(), keys)
    assert again == review(bumped(script).encode(), keyring())
    assert [page.kind for page in again.pages] == [
        Kind.RECIPIENT,
        Kind.DETAIL,
        Kind.OVERVIEW,
    ]
    sign(bumped(script).encode(), keys)


@KINDS
def test_what_a_replacement_adds_is_a_payment_like_any_other(script: str) -> None:
    keys = keyring()
    sign(draft(keys, 2, script).encode(), keys)
    made = bumped(script)
    made.outs.append(Out([], 50_000, PAYEE))
    made.outs[1].sats -= 50_000
    shown = text(review(made.encode(), keys).pages)
    assert "Pay 75 000 sats\nto 2 recipients" in shown
    assert "[Recipient 2 of 2]\nPay 50 000 sats" in shown
