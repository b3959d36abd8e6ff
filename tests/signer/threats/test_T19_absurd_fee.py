"""A fee goes to a miner. A host that shares with one raises it and hopes nobody looks."""

import pytest

from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from tests.kernel import finalized
from tests.psbts import PAYEE, draft, keyring, refusal, review, sign, text


def paying(sats: int, fee: int, coin: int = 1_000_000) -> str:
    made = draft(keyring(), outputs=((sats, PAYEE),), coin_sats=coin, fee_sats=fee)
    return text(review(made.encode(), keyring()).pages)


@pytest.mark.parametrize("fee", [250_000, 250_001, 900_000])
def test_a_quarter_of_the_coins_as_fee_is_refused(fee: int) -> None:
    made = draft(keyring(), outputs=((50_000, PAYEE),), coin_sats=1_000_000, fee_sats=fee)
    assert refusal(made, keyring()) is BitcoinReason.FEE_ABSURD


def test_less_than_a_quarter_can_be_approved_after_a_warning() -> None:
    assert "[High fee]\nFee is 500 % of the payment." in paying(49_999, 249_999)


def test_the_warning_starts_at_five_percent_of_what_is_paid() -> None:
    assert "High fee" not in paying(10_000, 499)
    assert "[High fee]\nFee is 5.0 % of the payment.\nUsual is under 5 %." in paying(10_000, 500)
    assert "[High fee]\nFee is 31 % of the payment." in paying(10_000, 3_100)


def test_the_warning_stands_before_everything_else() -> None:
    assert paying(10_000, 500).startswith("[High fee]")


def test_a_rate_far_above_any_usual_one_is_warned_of() -> None:
    """141 vbytes at 500 sat/vB, and small beside what is paid."""
    assert "High fee rate" in paying(9_000_000, 70_500, 10_000_000)
    assert "High fee" not in paying(9_000_000, 70_400, 10_000_000)


def test_a_payment_to_oneself_is_measured_by_its_coins() -> None:
    made = draft(keyring(), outputs=(), fee_sats=5_000)
    assert "Fee is 5.0 % of the coins." in text(review(made.encode(), keyring()).pages)
    made = draft(keyring(), outputs=(), fee_sats=4_000)
    assert "High fee" not in text(review(made.encode(), keyring()).pages)


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_the_rate_on_screen_is_that_of_the_signed_transaction(script: str) -> None:
    raw = draft(keyring(), 3, script).encode()
    vbytes = review(raw, keyring()).subject.vbytes
    signed = container.parse(sign(raw, keyring()))
    bare, full = len(signed.unsigned_tx), len(finalized(signed))
    assert vbytes - 1 <= (3 * bare + full + 3) // 4 <= vbytes


def test_a_written_out_hash_type_counts() -> None:
    """A taproot signature of type ALL has a 65th byte; eight of them are two vbytes."""
    made = draft(keyring(), 8, "tr")
    for one in made.ins:
        one.put(0x03, (1).to_bytes(4, "little"))
    signed = container.parse(sign(made.encode(), keyring()))
    weight = 3 * len(signed.unsigned_tx) + len(finalized(signed))
    assert review(made.encode(), keyring()).subject.vbytes == (weight + 3) // 4
