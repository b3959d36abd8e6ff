"""An account that gives addresses and is never signed for takes coins and keeps them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Reason, Refused
from signer.keys.path import HARDENED, Path, render
from tests import psbts
from tests.psbts import OTHER, draft, keyring, vault

START: Path = (48 + HARDENED, 1 + HARDENED, HARDENED, 2 + HARDENED)


def account(path: Path, template: str = "wsh(sortedmulti(2,@0/**,@1/**))") -> psbts.Vault:
    at = render(path)
    keys = keyring()
    xpub = CHAIN.xpub(keys, path, "regtest")
    ours = f"[{keys.fingerprint.hex()}{at.removeprefix('m')}]{xpub}"
    return vault(template, ours, keyring(OTHER))


def registration_refused(of: psbts.Vault) -> Reason:
    with pytest.raises(Refused) as refused:
        of.record(keyring())
    return refused.value.reason


@pytest.mark.parametrize("depth", [5, 8])
def test_a_key_of_ours_that_can_be_signed_for_is_registered(depth: int) -> None:
    of = account((START + (7,) * 9)[:depth])
    psbts.complete(draft(of), of, keyring(), keyring(OTHER))


@pytest.mark.parametrize("depth", [9, 10, 13])
def test_a_key_of_ours_that_lies_too_deep_is_refused(depth: int) -> None:
    of = account((START + (7,) * 9)[:depth])
    assert registration_refused(of) is BitcoinReason.PATH_UNUSUAL


def test_others_keys_may_lie_as_deep_as_they_like() -> None:
    deep = psbts.key_text(keyring(OTHER), render(START + (7,) * 9))
    of = vault("wsh(sortedmulti(1,@0/**,@1/**))", keyring(), deep)
    psbts.complete(draft(of), of, keyring())


def test_a_step_that_stands_where_a_coin_type_does_is_refused() -> None:
    """Of m/48h, the account's own step 0 would be looked at as the network."""
    assert registration_refused(account(START[:1])) is BitcoinReason.WRONG_NETWORK


@given(st.lists(st.sampled_from((*START, 0, 1, 45 + HARDENED)), min_size=1, max_size=11))
def test_whatever_is_registered_is_signed_for(path: list[int]) -> None:
    of = account(tuple(path))
    try:
        record = of.record(keyring())
    except Refused:
        return
    assert psbts.sign_part(draft(of).encode(), keyring(), "regtest", [record])
