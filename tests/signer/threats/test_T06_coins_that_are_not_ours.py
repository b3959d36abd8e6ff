"""Derivation fields are hints. A signer that believes them signs whatever it is handed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.keys.path import HARDENED
from tests import psbts
from tests.psbts import Draft, draft, keyring, refusal, review, sign, text, vault

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


def without_a_master(made: Draft, *masters: bytes) -> Draft:
    """The same from a wallet made of extended keys alone: fingerprint 00000000."""
    for one in (*made.ins, *made.outs):
        one.records = [
            (key, _without(value, masters) if key[0] in {0x02, 0x06, 0x07, 0x16} else value)
            for key, value in one.records
        ]
    return made


def _without(value: bytes, masters: tuple[bytes, ...]) -> bytes:
    for master in masters:
        value = value.replace(master, bytes(4), 1)
    return value


@pytest.mark.parametrize("script", psbts.KINDS)
def test_an_unknown_master_is_decided_by_deriving(script: str) -> None:
    raw = without_a_master(draft(keyring(), 2, script), keyring().fingerprint).encode()
    assert "Change to you 174 800 sats\nComes back to you at" in text(review(raw, keyring()).pages)
    sign(raw, keyring())


@pytest.mark.parametrize("script", psbts.KINDS)
def test_another_wallets_coin_with_an_unknown_master_is_not_ours(script: str) -> None:
    theirs = keyring(OTHER)
    made = without_a_master(draft(theirs, 1, script), theirs.fingerprint)
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_change_of_another_wallet_with_an_unknown_master_is_a_payment() -> None:
    made, theirs = draft(keyring()), keyring(OTHER)
    made.outs[1] = psbts.change(theirs, psbts.path("wpkh", 1, 3), 74_800)
    without_a_master(made, theirs.fingerprint)
    shown = text(review(made.encode(), keyring()).pages)
    assert "Comes back" not in shown
    assert "Pay 99 800 sats" in shown


def test_an_unknown_master_of_another_network_is_refused() -> None:
    made = without_a_master(draft(keyring(), network="mainnet"), keyring().fingerprint)
    assert refusal(made, keyring()) is BitcoinReason.WRONG_NETWORK


@pytest.mark.parametrize("template", ["wsh(sortedmulti(2,@0/**,@1/**))", "tr(@0/**,pk(@1/**))"])
def test_cosigners_with_unknown_masters_are_told_from_us_by_deriving(template: str) -> None:
    of = vault(template, keyring(), keyring(OTHER))
    masters = [one.fingerprint for one in of.signers]
    for unknown in (masters, masters[1:]):
        raw = without_a_master(draft(of), *unknown).encode()
        records = [of.record(keyring())]
        assert "Comes back to you" in text(review(raw, keyring(), "regtest", records).pages)
        psbts.complete(raw, of, *(of.signers[:1] if template.startswith("tr") else of.signers))


def test_long_paths_of_unknown_masters_are_not_tried() -> None:
    """Each step of a path is a derivation: a claim of nobody's may not buy hundreds (T75)."""
    made = draft(keyring())
    made.ins[0].drop(0x06)
    public = keyring().public_key(psbts.path())
    made.ins[0].put(0x06, bytes(4) + b"\x01\x00\x00\x80" * 300, public)
    assert refusal(made, keyring()) is BitcoinReason.NOTHING_OURS
