"""Transactions at the edge: each has a verdict, none an accident."""

from signer.chains.bitcoin.reasons import BitcoinReason
from tests import psbts
from tests.psbts import PAYEE, draft, keyring, refusal, review, text


def test_no_inputs() -> None:
    made = draft(keyring())
    made.ins.clear()
    assert refusal(made, keyring()) is BitcoinReason.NO_INPUTS


def test_no_outputs() -> None:
    made = draft(keyring())
    made.outs.clear()
    assert refusal(made, keyring()) is BitcoinReason.NO_OUTPUTS


def test_neither() -> None:
    made = draft(keyring())
    made.ins.clear()
    made.outs.clear()
    assert refusal(made, keyring()) is BitcoinReason.NO_INPUTS


def test_a_coinbase_input() -> None:
    for script in ("wpkh", "tr"):
        made = draft(keyring(), 1, script)
        made.ins[0].drop(0x00)
        made.ins[0].outpoint = bytes(32) + b"\xff" * 4
        assert refusal(made, keyring()) is BitcoinReason.COINBASE_INPUT
    made = draft(keyring(), 2)
    made.ins[1].outpoint = bytes(32) + b"\xff" * 4
    assert refusal(made, keyring()) is BitcoinReason.COINBASE_INPUT


def test_a_coin_of_nothing_is_refused() -> None:
    """Alone or beside others: only the transaction of a signed message spends one (T56)."""
    made = draft(keyring())
    made.ins.append(psbts.coin(keyring(), psbts.path("wpkh", 0, 8), 0, 8))
    assert refusal(made, keyring()) is BitcoinReason.EMPTY_COIN
    made = draft(keyring(), coin_sats=0, outputs=((0, PAYEE),), fee_sats=0)
    assert refusal(made, keyring()) is BitcoinReason.EMPTY_COIN


def test_a_coin_of_one_sat_has_pages_too() -> None:
    made = draft(keyring(), coin_sats=1, outputs=((0, PAYEE), (1, PAYEE)), fee_sats=0)
    assert "Pay 1 sat\n" in text(review(made.encode(), keyring()).pages)


def test_dust_is_warned_of() -> None:
    for sats, is_dust in ((0, True), (293, True), (294, False)):
        made = draft(keyring(), outputs=((25_000, PAYEE), (sats, PAYEE)))
        shown = text(review(made.encode(), keyring()).pages)
        assert ("[Too little to send]\nOutput 2 holds" in shown) is is_dust


def test_dust_as_change_is_warned_of() -> None:
    made = draft(keyring(), outputs=((99_600, PAYEE),), fee_sats=200)
    assert "[Too little to send]\nOutput 2 holds 200 sats." in text(
        review(made.encode(), keyring()).pages
    )


def test_paying_everything_says_that_nothing_returns() -> None:
    made = draft(keyring(), outputs=((99_800, PAYEE),))
    assert "No output is known to be yours." in text(review(made.encode(), keyring()).pages)


def test_paying_only_oneself_says_so() -> None:
    made = draft(keyring(), outputs=())
    shown = text(review(made.encode(), keyring()).pages)
    assert "[Total]\nMove 99 800 sats\nto yourself\n" in shown
    assert "[Recipient " not in shown
