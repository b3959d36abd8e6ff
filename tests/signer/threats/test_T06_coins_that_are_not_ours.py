"""Derivation fields are hints. A signer that believes them signs whatever it is handed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.keys.path import HARDENED
from tests import psbts
from tests.psbts import draft, keyring, refusal

OTHER = "legal winner thank year wave sausage worth useful legal winner thank yellow"


@pytest.mark.parametrize("script", psbts.KINDS)
def test_a_coin_that_the_named_key_does_not_open_is_refused(script: str) -> None:
    """The coin is another person's; the hint names our fingerprint and a path of ours."""
    keys, stranger = keyring(), keyring(OTHER)
    made = draft(keys, 2, script)
    theirs = psbts.coin(stranger, psbts.path(script, 0, 1), 100_000, 1)
    theirs.drop(0x06, 0x16, 0x17)
    theirs.records.append(psbts.hint(keys, psbts.path(script, 0, 1)))
    made.ins[1] = theirs
    assert refusal(made, keys) is BitcoinReason.KEY_MISMATCH


@pytest.mark.parametrize("script", psbts.KINDS)
def test_a_coin_of_ours_at_another_path_than_said_is_refused(script: str) -> None:
    keys = keyring()
    made = draft(keys, 1, script)
    made.ins[0].drop(0x06, 0x16, 0x17)
    made.ins[0].records.append(psbts.hint(keys, psbts.path(script, 0, 9)))
    assert refusal(made, keys) is BitcoinReason.KEY_MISMATCH


def test_two_keys_of_ours_on_a_single_key_coin_are_refused() -> None:
    keys = keyring()
    made = draft(keys)
    made.ins[0].records.append(psbts.hint(keys, psbts.path("wpkh", 0, 9)))
    assert refusal(made, keys) is BitcoinReason.KEY_MISMATCH


@pytest.mark.parametrize("script", psbts.KINDS)
def test_a_hint_that_names_another_key_than_its_path_has_is_refused(script: str) -> None:
    keys = keyring()
    made = draft(keys, 1, script)
    made.ins[0].drop(0x06, 0x16)
    kind, _ = psbts.hint(keys, psbts.path(script, 0, 9))
    _, value = psbts.hint(keys, psbts.path(script, 0, 0))
    made.ins[0].records.append((kind, value))
    assert refusal(made, keys) is BitcoinReason.KEY_MISMATCH


def test_another_internal_key_than_ours_is_refused() -> None:
    made = draft(keyring(), 1, "tr")
    made.ins[0].put(0x17, keyring(OTHER).public_key((0,))[1:])
    assert refusal(made, keyring()) is BitcoinReason.KEY_MISMATCH


steps = st.sampled_from([0, 1, 2, 5, HARDENED, HARDENED + 1, HARDENED + 84, HARDENED + 86])


@given(st.lists(steps, max_size=7).map(tuple))
def test_no_path_but_the_true_one_opens_a_coin(where: tuple[int, ...]) -> None:
    keys = keyring()
    true = psbts.path("wpkh", 0, 0)
    made = draft(keys)
    made.ins[0].drop(0x06)
    made.ins[0].put(0x06, psbts.origin(keys, where), keys.public_key(true))
    if where == true:
        psbts.sign(made.encode(), keys)
    else:
        found = refusal(made, keys)
        assert found in {
            BitcoinReason.KEY_MISMATCH,
            BitcoinReason.PATH_UNUSUAL,
            BitcoinReason.WRONG_NETWORK,
        }
