"""Registering an account from one QR code: its descriptor, whose checksum is its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.commands import Register, Unusable
from firmware_emu.personalities.air.account import registration_of
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.qr import Qr
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions.address import render
from signer.errors import Malformed
from signer.formats.descriptor_checksum import checksum_of
from signer.formats.payload import reader
from signer.formats.payload.values import AccountDescription
from signer.formats.qr import parts, ur
from tests import payload_kinds, psbts
from tests.desk import Desk, unlocked_desk
from tests.nights import AT_NIGHT

KEYS = [psbts.key_text(psbts.keyring()), psbts.key_text(psbts.keyring("zoo " * 11 + "wrong"))]
PLAIN = f"wsh(sortedmulti(2,{KEYS[0]}/<0;1>/*,{KEYS[1]}/<0;1>/*))"
CODE = f"{PLAIN}#{checksum_of(PLAIN)}"
NAME = f"Scanned {checksum_of(PLAIN)}"


def described(text: str) -> Register | Unusable | None:
    payload = reader.read(text)
    return registration_of(payload, "regtest") if isinstance(payload, AccountDescription) else None


def hold_up(desk: Desk, text: str) -> None:
    desk.plug("air", "camera").send(text.encode())


def test_an_account_held_up_to_the_camera_is_read_and_kept_and_signed_for() -> None:
    desk = unlocked_desk()
    hold_up(desk, CODE)
    read = "".join("".join(desk.approve()).split())
    for key in KEYS:
        assert key.split("]")[1] in read
    assert "Registered" in desk.text
    assert NAME in desk.plug().call("get_registered_descriptors")["result"]
    template = "wsh(sortedmulti(2,@0/<0;1>/*,@1/<0;1>/*))"
    of = psbts.vault(template, *KEYS, name=NAME)
    for frame in parts.split(ur.from_psbt(psbts.draft(of).encode()), 400):
        hold_up(desk, frame)
    desk.approve()
    assert isinstance(desk.screen, Qr)


def vault_payment(n_inputs: int = 1) -> bytes:
    """A payment of the account that every carrier of `payload_kinds` describes."""
    of = psbts.vault("wsh(sortedmulti(2,@0/<0;1>/*,@1/<0;1>/*))", *KEYS)
    return psbts.draft(of, n_inputs).encode()


OTHER_ACCOUNTS = ("descriptor, miniscript", "descriptor, taproot")
BY_DAY = ("descriptor <0;1>/*", "UR crypto-output", "setup file", "BBQr J, account")
CARRIERS = [
    pytest.param(kind, id=kind.name, marks=() if kind.name in BY_DAY else AT_NIGHT)
    for kind in payload_kinds.accounts()
    if kind.name not in OTHER_ACCOUNTS
]


@pytest.mark.parametrize("kind", CARRIERS)
def test_a_payment_waits_for_its_account_and_goes_on(kind: payload_kinds.Kind) -> None:
    desk = unlocked_desk()
    for frame in parts.split(ur.from_psbt(vault_payment()), 400):
        hold_up(desk, frame)
    text = " ".join(desk.text.split())
    assert "Not registered" in text
    assert "Show its descriptor or setup file now. Then the payment goes on." in text
    for code in kind.codes:
        desk.plug("air", "camera").send(code)
    registration = desk.approve()
    payment = desk.approve()
    pages = " ".join("".join((*registration, *payment)).split())
    assert "Pay 25 000 sats" in pages
    assert isinstance(desk.screen, Qr)


def test_a_payment_waits_on_after_a_registration_that_was_declined_or_of_another_account() -> None:
    desk = unlocked_desk()
    for frame in parts.split(ur.from_psbt(vault_payment()), 400):
        hold_up(desk, frame)
    hold_up(desk, CODE)
    desk.press("stop")
    assert "Show its descriptor" in " ".join(desk.text.split())
    another = PLAIN.replace("sortedmulti(2", "sortedmulti(1")
    hold_up(desk, f"{another}#{checksum_of(another)}")
    desk.approve()
    assert "Show its descriptor" in " ".join(desk.text.split())
    desk.tick(3.0)
    hold_up(desk, CODE)
    desk.approve()
    desk.approve()
    assert isinstance(desk.screen, Qr)


@pytest.mark.parametrize("form", ["{}", "bitcoin:{}", "BITCOIN:{}?amount=0.1"])
def test_an_address_of_a_registered_account_is_known_again(form: str) -> None:
    desk = unlocked_desk()
    hold_up(desk, CODE)
    desk.approve()
    desk.dismiss()
    of = psbts.vault("wsh(sortedmulti(2,@0/<0;1>/*,@1/<0;1>/*))", *KEYS)
    script = of.policy.spend_data(0, 7).script_pubkey
    address = render(script, NETWORKS["testnet"])
    assert address
    hold_up(desk, form.format(address.upper() if "BITCOIN" in form else address))
    assert "Yes: your address" in desk.text
    pages = " ".join(desk.approve())
    assert address in "".join(pages.split())
    assert NAME in " ".join(pages.split())


def test_an_account_alone_brings_no_payment_back() -> None:
    desk = unlocked_desk()
    for frame in parts.split(ur.from_psbt(vault_payment()), 400):
        hold_up(desk, frame)
    for frame in parts.split(ur.from_psbt(psbts.build(psbts.keyring(), 1)), 400):
        hold_up(desk, frame)
    desk.press("stop")
    desk.dismiss()
    hold_up(desk, CODE)
    desk.approve()
    assert "Registered" in desk.text


def test_a_locked_device_asks_for_its_pin_first() -> None:
    desk = Desk(unlocked_desk().record)
    hold_up(desk, CODE)
    assert isinstance(desk.screen, PinPad)
    desk.enter_pin()
    assert isinstance(desk.screen, Confirm)


def test_a_code_that_stays_in_view_is_asked_about_once() -> None:
    desk = unlocked_desk()
    hold_up(desk, CODE)
    desk.press("stop")
    desk.dismiss()
    hold_up(desk, CODE)
    assert not isinstance(desk.screen, Confirm)


def test_without_its_checksum_an_account_comes_with_a_warning_first() -> None:
    desk = unlocked_desk()
    hold_up(desk, PLAIN)
    assert isinstance(desk.screen, Confirm)
    assert "The text had no checksum." in " ".join(desk.text.split())
    desk.approve()
    assert NAME in desk.plug().call("get_registered_descriptors")["result"]


@pytest.mark.parametrize("text", [f"{PLAIN}#{'q' * 8}", CODE.replace("(2,", "(1,")])
def test_with_another_checksum_an_account_is_not_registered(text: str) -> None:
    desk = unlocked_desk()
    hold_up(desk, text)
    assert isinstance(desk.screen, Notice)
    assert "checksum do not fit" in " ".join(desk.text.split())
    assert desk.plug().call("get_registered_descriptors")["result"] == {}


def test_keys_of_real_coins_are_refused_on_a_device_for_test_coins() -> None:
    xpub = psbts.key_text(psbts.keyring(), "m/48h/0h/0h/2h", "mainnet")
    plain = f"wsh(and_v(v:pk({xpub}/<0;1>/*),older(9)))"
    code = f"{plain}#{checksum_of(plain)}"
    desk = unlocked_desk()
    hold_up(desk, code)
    words = " ".join(desk.text.split())
    assert "The keys are for another network." in words
    assert "Menu, Network" in words
    real = unlocked_desk(network="mainnet")
    hold_up(real, code)
    assert isinstance(real.screen, Confirm)


def test_a_key_that_stands_twice_is_one_key() -> None:
    plain = f"wsh(or_d(pk({KEYS[0]}/<0;1>/*),and_v(v:pkh({KEYS[0]}/<2;3>/*),older(9))))"
    made = described(f"{plain}#{checksum_of(plain)}")
    assert isinstance(made, Register)
    assert made.template == "wsh(or_d(pk(@0/<0;1>/*),and_v(v:pkh(@0/<2;3>/*),older(9))))"
    assert made.keys == (KEYS[0],)


@given(st.text(max_size=60), st.integers(0, len(PLAIN)))
def test_no_text_breaks_the_reader(text: str, at: int) -> None:
    for changed in (text, PLAIN[:at] + text + PLAIN[at:]):
        try:
            made = described(f"{changed}#{checksum_of(changed)}")
        except Malformed:
            continue
        assert not isinstance(made, Register) or made.network == "regtest"
