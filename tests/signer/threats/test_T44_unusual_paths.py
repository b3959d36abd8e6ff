"""A coin where few wallets look is signed, and the person reads where it lies before that."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.keys.path import HARDENED, Path, parse
from tests import psbts
from tests.psbts import Draft, draft, keyring, refusal, review, sign, text


def spending_from(where: Path, script: str = "wpkh") -> Draft:
    made = draft(keyring(), 1, script)
    made.ins[0] = psbts.coin(keyring(), where, 100_000, script=script)
    return made


@pytest.mark.parametrize("script", psbts.KINDS)
@pytest.mark.parametrize(
    "where",
    [
        "m/0/5",
        "m/84h/1h/0h/2/0",
        "m/84h/1h/0h/0/0h",
        "m/84h/1h/0/0/0",
        "m/84h/1h/0h/0",
        "m/84h/1h/0h/0/0/0",
        "m/99h/1h/0h/0/0",
        "m/1852h/1815h/0h/0/0",
        "m/9h/2/3/4/5/6/7/8/9/10",
    ],
)
def test_an_unusual_path_is_the_first_thing_on_screen(script: str, where: str) -> None:
    raw = spending_from(parse(where), script).encode()
    shown = text(review(raw, keyring()).pages)
    assert shown.startswith(f"[Unusual path]\nCoin 1: {where}\n")
    sign(raw, keyring())


@pytest.mark.parametrize("script", psbts.KINDS)
@pytest.mark.parametrize("purpose", psbts.PURPOSE.values())
def test_a_kind_of_script_at_the_purpose_of_another_is_unusual(script: str, purpose: int) -> None:
    where = f"m/{purpose}h/1h/0h/0/0"
    raw = spending_from(parse(where), script).encode()
    shown = text(review(raw, keyring()).pages)
    assert (f"Coin 1: {where}" in shown) is (psbts.PURPOSE[script] != purpose)
    sign(raw, keyring())


def test_every_unusual_coin_is_named_and_the_usual_ones_are_not() -> None:
    keys = keyring()
    made = draft(keys, 3)
    made.ins[1] = psbts.coin(keys, parse("m/84h/1h/0h/5/1"), 100_000, 1)
    shown = text(review(made.encode(), keys).pages)
    assert "[Unusual path]\nCoin 2: m/84h/1h/0h/5/1\n[Recipient 1 of 1]" in shown


@pytest.mark.parametrize(
    ("where", "is_said"),
    [("m/0/5", True), ("m/7h/0/5", True), ("m/99h/7h/0/5", True), ("m/99h/1h/0/5", False)],
)
def test_test_coins_at_a_path_without_a_network_may_be_real_ones(where: str, is_said: bool) -> None:
    """The keys of m/0/5 are the same on every network (T45)."""
    raw = spending_from(parse(where)).encode()
    said = "No network is part of this path: the coins may be real ones."
    assert (said in text(review(raw, keyring()).pages)) is is_said


def test_real_coins_at_a_path_without_a_network_are_what_they_seem() -> None:
    raw = spending_from(parse("m/0/5")).encode()
    assert "No network is part" not in text(review(raw, keyring(), "mainnet").pages)


def test_what_returns_to_an_unusual_account_is_a_payment_with_its_path() -> None:
    made = spending_from(parse("m/0/5"))
    made.outs[1] = psbts.change(keyring(), parse("m/1/6"), 74_800)
    shown = text(review(made.encode(), keyring()).pages)
    assert "Comes back" not in shown
    made.outs[1] = psbts.change(keyring(), parse("m/0/6"), 74_800)
    shown = text(review(made.encode(), keyring()).pages)
    assert "Output 2 pays 74 800 sats to a key of yours at m/0/6." in shown
    assert "Pay 99 800 sats" in shown
    assert "Comes back" not in shown


@pytest.mark.parametrize("where", [(), (5,), (HARDENED + 84,), (HARDENED + 84,) * 11])
def test_paths_of_no_account_are_refused(where: Path) -> None:
    made = draft(keyring())
    made.ins[0].drop(0x06)
    public = keyring().public_key(where)
    made.ins[0].put(0x06, psbts.origin(keyring(), where), public)
    assert refusal(made, keyring()) is BitcoinReason.PATH_UNUSUAL
