"""Numbers and addresses as a person reads them, and what is said to what a person types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.session import forms, wording
from tests.gallery import app_session


@given(st.integers(min_value=0, max_value=21_000_000 * 100_000_000))
def test_a_grouped_number_reads_back(number: int) -> None:
    shown = wording.grouped(number)
    assert int(shown.replace(wording.THIN, "")) == number
    assert " " not in shown, "a number never wraps"


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_btc_has_eight_digits_and_loses_nothing(sats: int) -> None:
    whole, digits = wording.amount(sats, btc=True).removesuffix(" BTC").split(".")
    assert len(digits) == 8
    assert int(f"{whole}{digits}") == sats


@given(st.text(alphabet="0123456789abcdef", min_size=1, max_size=90))
def test_an_address_in_fours_is_whole(address: str) -> None:
    assert "".join(wording.fours(address)) == address


@pytest.mark.parametrize(
    ("fee", "paid", "says"),
    [
        (141, 25_000, "0.6 % of what you pay"),
        (1_410, 25_000, "5.6 % of what you pay: more than usual"),
        (1, 10_000_000, "under 0.1 % of what you pay"),
    ],
)
def test_a_fee_above_the_usual_is_called_so(fee: int, paid: int, says: str) -> None:
    assert wording.fee_sentence(fee, paid) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The address you were given."),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "for the main network"),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "for the test network"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "for the main network"),
        (app_session.THEIRS[:-1], "one character is wrong"),
        ("satoshi", "one character is wrong"),
    ],
)
def test_what_cannot_be_paid_says_why(text: str, says: str) -> None:
    checked = forms.address(text, "regtest")
    assert checked.value is None
    assert says in checked.hint


@pytest.mark.parametrize(
    "text",
    [
        app_session.THEIRS,
        app_session.THEIRS.upper(),
        " ".join(wording.fours(app_session.THEIRS)),
        "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
    ],
)
def test_an_address_of_this_network_is_taken(text: str) -> None:
    checked = forms.address(text, "regtest")
    assert checked.value is not None
    assert checked.value.lower() == "".join(text.split()).lower()


@given(st.text(max_size=120))
def test_no_text_breaks_the_form(text: str) -> None:
    for checked in (forms.address(text, "regtest"), forms.sats(text, 5_000_000), forms.rate(text)):
        assert checked.value is not None or checked.hint


@pytest.mark.parametrize("text", ["9" * 5000, "9" * 17, "0" * 5000, "1" + "0" * 5000])
def test_digits_without_end_are_no_amount(text: str) -> None:
    assert forms.sats(text, 5_000_000).value is None


def test_zeros_before_an_amount_change_nothing() -> None:
    assert forms.sats("0" * 5000 + "25000", 5_000_000).value == 25_000


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "0.5", "1e9", "one"])
def test_a_rate_that_no_node_takes_is_not_taken(text: str) -> None:
    assert forms.rate(text).value is None
