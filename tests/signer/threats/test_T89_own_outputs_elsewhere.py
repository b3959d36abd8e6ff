"""An output of ours outside the account that pays is ours, and is named with its account."""

from functools import cache

import pytest
from embit import bip32, bip39, script
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.chains.bitcoin import CHAIN
from signer.keys.path import HARDENED, Path, render
from signer.review import Kind, Origin
from tests import psbts
from tests.psbts import ABANDON, OTHER, Out, draft, keyring, review, sign, text, vault

KINDS = {"wpkh": script.p2wpkh, "tr": script.p2tr, "pkh": script.p2pkh}


@cache
def embit_root() -> bip32.HDKey:
    return bip32.HDKey.from_seed(bip39.mnemonic_to_seed(ABANDON))


def test_taproot_change_of_a_segwit_payment_is_named() -> None:
    """Bitcoin Core's wallet picks the kind of its change by that of the payee."""
    keys = keyring()
    made = draft(keys)
    made.outs[1] = psbts.change(keys, psbts.path("tr", 1, 3), 74_800)
    reviewed = review(made.encode(), keys)
    address, _ = CHAIN.address(keys, psbts.path("tr", 1, 3), "tr", "regtest")
    assert (
        f"[To your other account]\nMove 74 800 sats\nto {address}\n"
        "of your account 86h/1h/0h\npath 86h/1h/0h/1/3, checked\n[Details]"
    ) in text(reviewed.pages)
    page = next(page for page in reviewed.pages if page.kind is Kind.CHANGE)
    assert {fact.origin for fact in page.facts[1:]} == {Origin.DERIVED}
    sign(made.encode(), keys)


@pytest.mark.parametrize("script_kind", psbts.KINDS)
@pytest.mark.parametrize("spent", psbts.KINDS)
def test_every_standard_account_is_known_from_every_other(script_kind: str, spent: str) -> None:
    made = draft(keyring(), 1, spent)
    where = psbts.path(script_kind, 0, 5, account=3)
    made.outs[1] = psbts.change(keyring(), where, 74_800)
    shown = text(review(made.encode(), keyring()).pages)
    assert "Move 74 800 sats\nto another account of yours" in shown
    assert f"path {render(where)[2:]}, checked" in shown
    assert "omes back" not in shown


def test_a_false_claim_on_another_account_is_a_payment() -> None:
    made = draft(keyring())
    made.outs[1] = psbts.change(keyring(), psbts.path("tr", 1, 3), 74_800)
    made.outs[1].script = psbts.lock(keyring(OTHER), psbts.path("tr", 1, 3))
    shown = text(review(made.encode(), keyring()).pages)
    assert "another account" not in shown
    assert "Pay 99 800 sats" in shown
    assert "No output is known to be yours." in shown


def test_an_account_of_several_keys_is_ours_only_if_it_is_registered() -> None:
    of = vault("wsh(sortedmulti(2,@0/**,@1/**))", keyring(), keyring(OTHER))
    made = draft(keyring())
    made.outs[1] = psbts.shared_change(of, 0, 3, 74_800)
    assert "Pay 99 800 sats" in text(review(made.encode(), keyring()).pages)
    records = [of.record(keyring())]
    shown = text(review(made.encode(), keyring(), "regtest", records).pages)
    assert 'of your account "Vault"\nAccount id ' in shown
    assert "path 0/3, checked" in shown


def test_a_registered_account_of_one_key_is_read_by_its_name() -> None:
    """The standard account has the same scripts; the person gave this one a name."""
    keys = keyring()
    of = vault("wpkh(@0/**)", keys, at="m/84h/1h/0h", name="Savings")
    records = [of.record(keys)]
    shown = text(review(draft(keys).encode(), keys, "regtest", records).pages)
    assert 'account "Savings"\npath 1/3, checked' in shown
    assert 'Account "Savings"\nAccount id ' in shown
    assert "Change to you 74 800 sats\nComes back to you at" in shown
    sign(draft(keys).encode(), keys, records=records)
    assert 'of your account "Savings"' in text(
        review(_to(psbts.path("wpkh", 1, 3), "tr").encode(), keys, "regtest", records).pages
    )


def _to(where: Path, spent: str) -> psbts.Draft:
    made = draft(keyring(), 1, spent)
    made.outs[1] = psbts.change(keyring(), where, 74_800)
    return made


steps = st.sampled_from([0, 1, 5, 84, 10_001, *(HARDENED + n for n in (0, 1, 2, 44, 84, 86))])
standard = st.builds(
    psbts.path, st.sampled_from(list(KINDS)), st.integers(0, 2), st.integers(0, 20_000)
)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(list(KINDS)),
    standard | st.lists(steps, min_size=2, max_size=6).map(tuple),
    st.sampled_from(psbts.KINDS),
    st.booleans(),
)
def test_no_output_is_yours_is_never_said_of_a_key_that_embit_derives(
    kind: str, where: Path, spent: str, is_alone: bool
) -> None:
    keys = keyring()
    public = embit_root().derive(list(where)).key.get_public_key()
    out = Out([], 74_800, bytes(KINDS[kind](public).data))
    out.records.append(psbts.hint(keys, where, is_output=True, script=kind))
    made = draft(keys, 1, spent, outputs=() if is_alone else ((25_000, psbts.PAYEE),))
    made.outs[-1] = out
    made.ins[0] = psbts.coin(keys, psbts.path(spent), 100_000 if not is_alone else 75_000)
    shown = text(review(made.encode(), keys).pages)
    assert "No output is known to be yours" not in shown
    assert "Not your change" not in shown
