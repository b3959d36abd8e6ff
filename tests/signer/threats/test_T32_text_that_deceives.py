"""Whatever a host writes, what it means is on screen, and nothing it wrote looks like a fact."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.errors import Malformed
from signer.review import Origin
from tests import psbts
from tests.psbts import OTHER, Out, draft, keyring, review

KEYS = [psbts.key_text(keyring()), psbts.key_text(keyring(OTHER))]
TEMPLATE = "wsh(sortedmulti(2,@0/**,@1/**))"
odd = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Z", "C", "M")), max_size=80
)


@given(odd)
def test_a_name_is_shown_as_it_is_and_marked_or_refused(name: str) -> None:
    try:
        asked = POLICY_ACCOUNTS.registration(name, TEMPLATE, KEYS, keyring(), "regtest")
    except Malformed:
        return
    shown = [fact for page in asked.pages for fact in page.facts if fact.origin is Origin.HOST]
    assert [fact.value for fact in shown] == [name]
    assert all(" " <= letter <= "~" for letter in name)


def test_accounts_that_differ_in_anything_never_look_the_same() -> None:
    templates = (TEMPLATE, "wsh(multi(2,@0/**,@1/**))", "wsh(sortedmulti(1,@0/**,@1/**))")
    names = ("Vault", "Vaul", "Vau  lt", "Vau lt", '"Vault"')
    orders = (KEYS, KEYS[::-1])
    pages = {
        POLICY_ACCOUNTS.registration(name, template, keys, keyring(), "regtest").pages
        for name, template, keys in itertools.product(names, templates, orders)
    }
    assert len(pages) == len(names) * len(templates) * len(orders)


data = st.binary(max_size=30)


@settings(max_examples=60)
@given(data, data)
def test_two_data_outputs_never_look_the_same(one: bytes, other: bytes) -> None:
    pages = []
    for each in (one, other):
        made = draft(keyring())
        made.outs.append(Out([], 0, b"\x6a" + each))
        pages.append(review(made.encode(), keyring()).pages)
    assert (pages[0] == pages[1]) is (one == other)


@pytest.mark.parametrize("script", psbts.KINDS)
def test_one_line_tells_any_two_requests_apart(script: str) -> None:
    """Even two that pay the same to the same, out of other coins."""
    seen = set()
    for salt in range(20):
        made = draft(keyring(), 2, script)
        made.ins[1] = psbts.coin(keyring(), psbts.path(script, 0, 1), 100_000, salt)
        seen.add(psbts.digest_line(review(made.encode(), keyring()).pages))
    assert len(seen) == 20
