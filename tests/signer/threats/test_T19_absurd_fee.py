"""A fee goes to a miner. A host that shares with one raises it and hopes nobody looks."""

import pytest

from signer.chains.bitcoin import units
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.review import Kind
from tests.kernel import finalized
from tests.psbts import PAYEE, draft, keyring, refusal, review, sign, text


def paying(sats: int, fee: int, coin: int = 1_000_000) -> str:
    made = draft(keyring(), outputs=((sats, PAYEE),), coin_sats=coin, fee_sats=fee)
    return text(review(made.encode(), keyring()).pages)


@pytest.mark.parametrize("fee", [10_000_000, 10_000_001, 90_000_000])
def test_a_tenth_of_a_bitcoin_at_a_rate_that_no_block_asks_for_is_refused(fee: int) -> None:
    made = draft(keyring(), outputs=((50_000, PAYEE),), coin_sats=100_000_000, fee_sats=fee)
    assert refusal(made, keyring()) is BitcoinReason.FEE_ABSURD


def test_a_large_payment_may_cost_more_where_its_rate_is_one_that_blocks_ask_for() -> None:
    """45 coins, 3 103 vbytes: at 5 000 sat/vB some 0.16 bitcoin."""
    made = draft(
        keyring(), 45, outputs=((50_000, PAYEE),), coin_sats=1_000_000, fee_sats=15_000_000
    )
    vbytes = review(made.encode(), keyring()).subject.vbytes
    assert 5_000 * vbytes > 15_000_000
    made = draft(
        keyring(), 45, outputs=((50_000, PAYEE),), coin_sats=1_000_000, fee_sats=5_000 * vbytes
    )
    assert refusal(made, keyring()) is BitcoinReason.FEE_ABSURD


def test_less_than_a_tenth_of_a_bitcoin_can_be_approved_after_a_warning() -> None:
    assert "You would pay 9 999 999 sats of fee, at 70 922.0 sat/vB." in paying(
        50_000, 9_999_999, 100_000_000
    )


@pytest.mark.parametrize(("coin", "fee"), [(3_000, 800), (10_000, 3_300), (20_000, 19_400)])
def test_a_small_coin_in_a_fee_spike_can_be_moved_after_a_warning(coin: int, fee: int) -> None:
    """A child that pays for its parent looks the same: much of the coin is fee."""
    made = draft(keyring(), outputs=(), coin_sats=coin, fee_sats=fee)
    [page] = [page for page in review(made.encode(), keyring()).pages if page.title == "High fee"]
    assert page.kind is Kind.WARNING
    assert text((page,)).splitlines()[1:] == [
        f"Fee is {round(100 * fee / coin)} % of the coins.",
        "Usual is under 5 %.",
        f"You would pay {units.sats(fee)} of fee, at {units.rate(fee, 110)}.",
    ]
    assert sign(made.encode(), keyring())


def test_from_a_quarter_of_the_coins_on_their_share_is_on_the_page_too() -> None:
    assert "It takes 25 % of the coins you spend." in paying(49_999, 250_000)
    assert "of the coins you spend" not in paying(49_999, 249_999)


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
