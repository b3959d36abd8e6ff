"""Messages asked for by a code: by the key or for the address, and the wallet's engine judges."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.qr import Qr
from host import signed_messages
from host.errors import WalletError
from host.payees.addresses import read_address
from host.signed_messages import BIP137, BIP322
from signer import chains
from tests import psbts
from tests.desk import Desk, unlocked_desk

NETWORK = "regtest"
WAYS = {
    "pkh": "m/44h/1h/0h/0/3",
    "sh(wpkh)": "m/49h/1h/0h/0/3",
    "wpkh": "m/84h/1h/0h/0/3",
    "tr": "m/86h/1h/0h/1/0",
}
ASKED = {"pkh": "p2pkh", "sh(wpkh)": "p2sh-p2wpkh", "wpkh": "p2wpkh", "tr": "p2tr"}
TEXT = "I own this since 2009."


def address(variant: str, way: str) -> str:
    path = tuple(
        int(step.rstrip("h")) + (1 << 31) * step.endswith("h") for step in way.split("/")[1:]
    )
    return chains.load("bitcoin").address(psbts.keyring(), path, variant, NETWORK)[0]


def hold_up(desk: Desk, text: str) -> None:
    desk.plug("air", "camera").send(text.encode())


def signed(desk: Desk) -> str:
    """What is shown once all was read and accepted."""
    desk.approve()
    assert isinstance(desk.screen, Qr), desk.text
    assert desk.screen.title == "Signature"
    [text] = desk.screen.frames
    desk.press("ok")
    desk.tick(3.0)
    return text


@pytest.fixture(scope="module")
def desk() -> Desk:
    return unlocked_desk(network=NETWORK)


@pytest.mark.parametrize("variant", ["wpkh", "tr"])
@pytest.mark.parametrize("form", ["signmessage {} ascii:{}", "json"])
def test_an_address_that_spends_by_a_witness_signs_by_bip322(
    desk: Desk, variant: str, form: str
) -> None:
    way = WAYS[variant]
    request = {"msg": TEXT, "subpath": way, "addr_fmt": ASKED[variant]}
    hold_up(desk, json.dumps(request) if form == "json" else form.format(way, TEXT))
    if variant == "wpkh":
        desk.choose("For the address (BIP322)")
    views = desk.approve()
    assert address(variant, way) in "".join("".join(views).split())
    signature = signed(desk)
    payee = read_address(address(variant, way), NETWORK)
    assert signed_messages.verify(payee, TEXT, signature) == BIP322
    with pytest.raises(WalletError):
        signed_messages.verify(payee, f"{TEXT} ", signature)


@pytest.mark.parametrize("variant", ["pkh", "sh(wpkh)", "wpkh"])
def test_a_key_signs_by_bip137_as_ever(desk: Desk, variant: str) -> None:
    hold_up(desk, f"signmessage {WAYS[variant]} ascii:{TEXT}")
    if variant == "wpkh":
        desk.choose("By the key (BIP137)")
    assert isinstance(desk.screen, Confirm)
    payee = read_address(address(variant, WAYS[variant]), NETWORK)
    assert signed_messages.verify(payee, TEXT, signed(desk)) == BIP137


def test_who_goes_back_at_the_choice_signs_nothing(desk: Desk) -> None:
    hold_up(desk, f"signmessage {WAYS['wpkh']} ascii:{TEXT}")
    assert isinstance(desk.screen, Menu)
    desk.press("stop")
    assert "Nothing was signed." in desk.text
    desk.dismiss()
    desk.tick(3.0)


def test_an_address_of_another_network_is_warned_of(desk: Desk) -> None:
    hold_up(desk, f"signmessage {WAYS['tr'].replace('1h', '0h', 1)} ascii:{TEXT}")
    assert "Look twice" in desk.text
    desk.press("stop")
    desk.dismiss()
    desk.tick(3.0)


@settings(max_examples=25)
@given(st.text(min_size=1, max_size=60, alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_whatever_it_says_verifies_or_was_refused(desk: Desk, text: str) -> None:
    desk.tick(3.0)
    hold_up(desk, json.dumps({"msg": text, "subpath": WAYS["tr"], "addr_fmt": "p2tr"}))
    desk.approve()
    if isinstance(desk.screen, Qr):
        [signature] = desk.screen.frames
        payee = read_address(address("tr", WAYS["tr"]), NETWORK)
        assert signed_messages.verify(payee, text, signature) == BIP322
    while desk.screen.kind != "home":
        desk.press("ok")
