"""Change is what re-derives from the account that pays. What a host calls change is not."""

import pytest

from signer.chains.bitcoin import CHAIN
from tests import psbts
from tests.psbts import Draft, draft, keyring, review, text

OTHER = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def stolen_change(script: str) -> Draft:
    """The change goes to a stranger's script; the hint is the honest one of our key."""
    made = draft(keyring(), 1, script)
    made.outs[1].script = psbts.lock(keyring(OTHER), psbts.path(script, 1, 3))
    return made


@pytest.mark.parametrize("script", psbts.KINDS)
def test_spoofed_change_is_shown_in_full_as_a_payment_and_warned_of(script: str) -> None:
    made = stolen_change(script)
    shown = text(review(made.encode(), keyring()).pages)
    stranger, _ = CHAIN.address(keyring(OTHER), psbts.path(script, 1, 3), script, "regtest")
    assert "Comes back to you" not in shown
    assert "Pay 99 800 sats" in shown
    assert stranger in shown
    assert shown.startswith(
        "[Not your change]\nOutput 2 is said to return to this account. It does not.\n"
        "74 800 sats would leave it.\n[Recipient 1 of 2]"
    )


@pytest.mark.parametrize("script", psbts.KINDS)
def test_honest_change_is_shown_as_change(script: str) -> None:
    shown = text(review(draft(keyring(), 1, script).encode(), keyring()).pages)
    purpose = psbts.PURPOSE[script]
    assert "Not your change" not in shown
    assert "Pay 25 000 sats" in shown
    assert "Change to you 74 800 sats\nComes back to you at" in shown
    assert f"path {purpose}h/1h/0h/1/3, checked" in shown


def test_change_without_a_hint_is_a_payment() -> None:
    made = draft(keyring())
    made.outs[1].drop(0x02)
    shown = text(review(made.encode(), keyring()).pages)
    assert "Comes back" not in shown
    assert "to 2 recipients" in shown


def test_change_claimed_for_another_seed_is_a_payment() -> None:
    made = draft(keyring())
    made.outs[1].drop(0x02)
    made.outs[1].records.append(
        psbts.hint(keyring(OTHER), psbts.path("wpkh", 1, 3), is_output=True)
    )
    assert "Comes back" not in text(review(made.encode(), keyring()).pages)


def test_change_whose_hint_names_another_key_is_a_payment() -> None:
    keys = keyring()
    made = draft(keys)
    value = made.outs[1].get(0x02)
    made.outs[1].records = [(b"\x02" + keys.public_key(psbts.path("wpkh", 1, 9)), value)]
    assert "Not your change" in text(review(made.encode(), keys).pages)


@pytest.mark.parametrize("is_first", [False, True])
@pytest.mark.parametrize("other", [(1, 4), (0, 3), (1, 90_000)])
def test_a_false_place_beside_the_true_one_takes_no_change_away(
    other: tuple[int, int], is_first: bool
) -> None:
    made = draft(keyring())
    records = made.outs[1].records
    records.insert(
        0 if is_first else len(records),
        psbts.hint(keyring(), psbts.path("wpkh", *other), is_output=True),
    )
    shown = text(review(made.encode(), keyring()).pages)
    assert "Not your change" not in shown
    assert "path 84h/1h/0h/1/3, checked" in shown


def test_several_false_places_are_none() -> None:
    made = stolen_change("wpkh")
    made.outs[1].records.extend(
        psbts.hint(keyring(), psbts.path("wpkh", 1, index), is_output=True)
        for index in range(4, 12)
    )
    shown = text(review(made.encode(), keyring()).pages)
    assert "Comes back" not in shown
    assert shown.startswith("[Not your change]")
