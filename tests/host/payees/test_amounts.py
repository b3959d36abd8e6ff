"""How much people mean by what they type; what has two readings is asked back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.payees import AmountError, read_amount, read_rate
from host.payees.amounts import MAX_SATS, SATS_PER_BTC


def failure(text: str) -> str:
    with pytest.raises(AmountError) as caught:
        read_amount(text)
    return caught.value.hint


@pytest.mark.parametrize(
    ("text", "sats"),
    [
        ("25000", 25_000),
        ("25,000", 25_000),
        ("25 000", 25_000),
        ("25\N{NO-BREAK SPACE}000", 25_000),
        ("25\N{NARROW NO-BREAK SPACE}000", 25_000),
        ("25'000", 25_000),
        ("25\N{RIGHT SINGLE QUOTATION MARK}000", 25_000),
        ("25_000", 25_000),
        ("1,000,000", 1_000_000),
        ("1.000.000", 1_000_000),
        ("25000sat", 25_000),
        ("25 000 sats", 25_000),
        ("1 Satoshi", 1),
        ("25k", 25_000),
        ("2.5k", 2_500),
        ("2,5 k", 2_500),
        ("25 ksats", 25_000),
        ("0.00025 BTC", 25_000),
        ("0,00025 btc", 25_000),
        ("0.00025", 25_000),
        ("0,5", SATS_PER_BTC // 2),
        ("1.5 BTC", 150_000_000),
        ("₿ 0.1", 10_000_000),
        ("1,234.5 BTC", 123_450_000_000),
        ("1.234,5 BTC", 123_450_000_000),
        ("5 mBTC", 500_000),
        ("\N{ZERO WIDTH SPACE}25000\n", 25_000),
        ("0.00 025 000 BTC", 25_000),
        ("0.00 025 000", 25_000),
        ("max", None),
        ("ALL", None),
        (" everything ", None),
    ],
)
def test_amounts_are_read_as_they_are_meant(text: str, sats: int | None) -> None:
    assert read_amount(text) == sats


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,500 BTC", "1.5 BTC or 1500 BTC"),
        ("25.000", "25 sats or 25000 sats"),
        ("25.000 sats", "25 sats or 25000 sats"),
        ("1,500k", "1.5 k or 1500 k"),
        ("1.5m", "millions of sats (1 500 000 sats) or mBTC (150 000 sats)"),
        ("1.5", "If bitcoins are meant, write 1.5 BTC."),
        ("1.00000000", "If bitcoins are meant, write 1.00000000 BTC."),
        ("1.5 sats", "A sat cannot be divided."),
        ("0.000000001 BTC", "8 decimals at most"),
        ("1,00,000", "grouped in no usual way"),
        ("2 5000", "grouped in no usual way"),
        ("0", "1 sat or more"),
        ("0.0 BTC", "1 sat or more"),
        ("0.0", "1 sat or more"),
        ("0,00 sats", "1 sat or more"),
        ("0.00 25 000", "grouped in no usual way"),
        ("21000001 BTC", "not more than all bitcoin"),
        ("-3", "cannot be negative"),
        ("$5", "no exchange rates"),
        ("5 EUR", "no exchange rates"),
        ("3 foo", "unit “foo” is not known"),
        ("", "not an amount"),
        ("1e3", "not an amount"),
        ("0x10", "not an amount"),
        ("٣", "not an amount"),
        ("nan", "not an amount"),
        ("9" * 1000, "not an amount"),
    ],
)  # fmt: skip
def test_what_is_no_amount_or_two_is_said(text: str, says: str) -> None:
    assert says in failure(text)


@given(sats=st.integers(1, MAX_SATS))
def test_every_amount_reads_back_in_every_form(sats: int) -> None:
    bitcoins = f"{sats // SATS_PER_BTC}.{sats % SATS_PER_BTC:08d}"
    forms = (str(sats), f"{sats:,}", f"{sats:_}", f"{sats:,}".replace(",", " "), f"{bitcoins} BTC")
    assert {read_amount(form) for form in forms} == {sats}


@given(text=st.text(alphabet="0123456789.,' _kmKMbtcsaBTC₿-", max_size=20) | st.text(max_size=60))
def test_no_text_breaks_it_and_no_amount_is_out_of_bounds(text: str) -> None:
    try:
        sats = read_amount(text)
    except AmountError:
        return
    assert sats is None or 0 < sats <= MAX_SATS


@pytest.mark.parametrize(
    ("text", "rate"), [("1", 1.0), ("2.5", 2.5), ("0,5", 0.5), ("12 sat/vB", 12.0), ("1000", 1e3)]
)
def test_a_rate_has_a_point_or_a_comma(text: str, rate: float) -> None:
    assert read_rate(text) == rate


@pytest.mark.parametrize("text", ["", "0", "0.01", "10001", "nan", "inf", "fast", "-1", "1e3", "٣"])
def test_any_other_rate_is_refused(text: str) -> None:
    with pytest.raises(AmountError):
        read_rate(text)
