"""Numbers and addresses as a person reads them, and what is said to what a person types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.session import forms, wording


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
    assert wording.fee_sentence(fee, paid, "what it has") == says.replace("you pay", "it has")


@given(st.text(max_size=120))
def test_no_text_breaks_the_form(text: str) -> None:
    amount = forms.amount(text, 5_000_000)
    for checked in (forms.payee(text, "regtest"), amount, forms.fee(text)):
        assert checked.value is not None or checked.hint


@pytest.mark.parametrize("text", ["9" * 5000, "9" * 17, "0" * 5000, "1" + "0" * 5000])
def test_digits_without_end_are_no_amount(text: str) -> None:
    assert forms.amount(text, 5_000_000).value is None


def test_zeros_before_an_amount_change_nothing() -> None:
    assert forms.amount("00025000", 5_000_000).value == forms.Wanted(25_000)


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "0.05", "1e9", "one"])
def test_a_rate_that_no_node_takes_is_not_taken(text: str) -> None:
    assert forms.fee(text).value is None
