"""What is said to what a person types, on every network; and that the wallet agrees."""

import bdkpython as bdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.config import BECH32_HRP, NETWORKS
from host.errors import WalletError
from host.fees import FeeChoice
from host.payees.addresses import NETWORK_TITLES
from host.session import forms
from host.values import Recipient
from host.wallet import payment_request
from signer.formats import base58, bech32

PROGRAM = bytes(range(20))
PREFIXES = dict.fromkeys(NETWORKS, (111, 196)) | {"mainnet": (0x00, 0x05)}
every_network = pytest.mark.parametrize("network", NETWORKS)


def segwit(network: str, version: int = 0, program: bytes = PROGRAM) -> str:
    return bech32.encode(BECH32_HRP[network], version, program)


def legacy(network: str, kind: int = 0) -> str:
    return base58.encode_check(bytes([PREFIXES[network][kind]]) + PROGRAM)


@every_network
def test_every_kind_of_address_of_the_network_is_taken_and_payable(network: str) -> None:
    for text in (
        segwit(network),
        segwit(network, 0, bytes(range(32))),
        segwit(
            network,
            1,
            bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
        ),
        legacy(network, 0),
        legacy(network, 1),
    ):
        checked = forms.payee(text, network)
        assert checked.value is not None
        assert (checked.value.address, checked.wrong) == (text, False)
        assert payment_request.payable(Recipient(text, 100_000), network)


@every_network
@pytest.mark.parametrize("other", NETWORKS)
def test_an_address_of_another_network_is_named_and_not_payable(network: str, other: str) -> None:
    if BECH32_HRP[other] == BECH32_HRP[network]:
        return
    checked = forms.payee(segwit(other), network)
    assert checked.value is None
    assert checked.wrong
    assert checked.hint.startswith(f"This address belongs to {NETWORK_TITLES[other]} (")
    with pytest.raises(WalletError, match="No payment was created"):
        payment_request.payable(Recipient(segwit(other), 100_000), network)


@pytest.mark.parametrize(
    ("network", "other", "title"),
    [
        ("mainnet", "testnet", "a test network"),
        ("testnet", "mainnet", "the main network"),
        ("regtest", "mainnet", "the main network"),
    ],
)
def test_an_old_address_of_another_network_is_named(network: str, other: str, title: str) -> None:
    for kind in (0, 1):
        checked = forms.payee(legacy(other, kind), network)
        assert checked.hint.startswith(f"This address belongs to {title}")


@every_network
def test_a_changed_character_is_said(network: str) -> None:
    for text in (segwit(network), legacy(network)):
        changed = text[:-1] + ("q" if text[-1] != "q" else "p")
        checked = forms.payee(changed, network)
        assert checked.value is None
        assert "wrong" in checked.hint


@every_network
def test_what_is_no_payments_address_is_said(network: str) -> None:
    strange = base58.encode_check(b"\x34" + PROGRAM)  # the version of another coin
    assert "not a Bitcoin address" in forms.payee(strange, network).hint


@every_network
@given(text=st.text(max_size=100))
def test_no_text_breaks_an_address_field_and_what_is_taken_is_an_address(
    network: str, text: str
) -> None:
    checked = forms.payee(text, network)
    if checked.value is None:
        assert checked.hint
    else:
        kind = payment_request.NETWORKS[network]
        assert str(bdk.Address(checked.value.address, kind))


@every_network
def test_spaces_and_capitals_do_not_matter(network: str) -> None:
    text = segwit(network)
    spaced = " ".join(text[start : start + 4] for start in range(0, len(text), 4))
    for form in (f"\n {spaced}\t", text.upper()):
        payee = forms.payee(form, network).value
        assert payee is not None
        assert payee.address == text


# ---- amounts and rates


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_an_amount_is_taken_when_something_is_left_for_the_fee(sats: int, available: int) -> None:
    checked = forms.amount(str(sats), available)
    if sats < available:
        assert checked.value == forms.Wanted(sats)
        assert "of your coins" in checked.hint
    else:
        assert checked.value is None
        assert "more than the" in checked.hint


@pytest.mark.parametrize("text", ["25 000", "25\u00a0000", " 25000 "])
def test_an_amount_may_be_written_with_spaces(text: str) -> None:
    assert forms.amount(text, 100_000).value == forms.Wanted(25_000)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1e3", "٣", "0x10"])
def test_what_is_no_amount_says_why(text: str) -> None:
    checked = forms.amount(text, 100_000)
    assert (checked.value, checked.wrong) == (None, True)
    assert checked.hint.endswith(".")


def test_all_there_is_is_an_amount() -> None:
    checked = forms.amount("max", 100_000)
    assert checked.value == forms.Wanted(None)
    assert checked.hint == "All of 100\u00a0000 sats, less the fee."


def test_a_request_fills_the_amount_in_and_no_other_is_taken() -> None:
    assert forms.amount("", 100_000, 25_000).value == forms.Wanted(25_000)
    assert forms.amount("25k", 100_000, 25_000).value == forms.Wanted(25_000)
    other = forms.amount("24 000", 100_000, 25_000)
    assert (other.value, other.hint) == (None, "The request asks for 25\u00a0000 sats.")


def test_a_request_says_whom_it_is_for() -> None:
    text = f"bitcoin:{segwit('regtest')}?label=Shop&message=Order%201&lightning=x"
    hint = forms.payee(text, "regtest").hint
    assert hint == ("For Shop. Order 1 The request also offers Lightning; it is paid on the chain.")


def test_an_empty_field_is_not_wrong_yet() -> None:
    assert not forms.payee("", "regtest").wrong
    assert not forms.amount("", 5).wrong
    assert not forms.fee("").wrong


@pytest.mark.parametrize(("text", "value"), [("1", 1.0), (" 2.5 ", 2.5), ("1000", 1000.0)])
def test_a_rate_in_bounds_is_taken(text: str, value: float) -> None:
    checked = forms.fee(text)
    assert checked.value == FeeChoice(sats_per_vbyte=value)
    assert checked.hint == f"{value:g} sat/vB"


@pytest.mark.parametrize("text", ["0.09", "10000.1", "nan", "inf", "-inf", "fast"])
def test_a_rate_out_of_bounds_is_not(text: str) -> None:
    checked = forms.fee(text)
    assert (checked.value, checked.wrong) == (None, True)
    assert "sat/vB" in checked.hint
