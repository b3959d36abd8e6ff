"""Messages signed for an address: whose signature it is, and whose it is not."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from coincurve import PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from host import signed_messages
from host.app.sign_message import sign_message
from host.errors import BadInput, WalletError
from host.payees.addresses import PayeeAddress, read_address
from host.signed_messages import BIP137, BIP322
from host.transactions import double_sha256
from host.wallet import Wallet
from signer.formats.cursor import compact_size
from tests.signer.published import shared
from tests.wallets import keyring, paired

TEXT = "I own this.\nSince 2009."
SCRIPTS = ("pkh", "sh-wpkh", "wpkh")
# Where BIP137 begins the headers of each.
HEADERS = {"pkh": 31, "sh-wpkh": 35, "wpkh": 39}
# Bitcoin Core, src/test/util_tests.cpp, message_verify.
OF_CORE = [
    (
        "15CRxFdyRpGZLW9w8HnHvVduizdL5jKNbs",
        "Trust no one",
        "IPojfrX2dfPnH26UegfbGQQLrdK844DlHq5157/P6h57WyuS/Qsl+h/WSVGDF4MUi4rWSswW38oimDYfNNUBUOk=",
    ),
    (
        "11canuhp9X2NocwCq7xNrQYTmUgZAnLK3",
        "Trust me",
        "IIcaIENoYW5jZWxsb3Igb24gYnJpbmsgb2Ygc2Vjb25kIGJhaWxvdXQgZm9yIGJhbmtzIAaHRtbCeDZINyavx14=",
    ),
]


def signature(key: bytes, text: str, header: int = 31) -> str:
    """By libsecp256k1 itself, with this header for the first of the four keys."""
    message = text.encode()
    prefixed = b"\x18Bitcoin Signed Message:\n" + compact_size(len(message)) + message
    data = PrivateKey(key).sign_recoverable(double_sha256(prefixed), hasher=None)
    return base64.b64encode(bytes([header + data[64]]) + data[:64]).decode()


def published(kind: str) -> list[dict[str, Any]]:
    names = ("basic", "generated")
    files = [json.loads(shared(f"bip322/{n}-test-vectors.json").read_text()) for n in names]
    return [case for file in files for case in file[kind]]


def address_of(case: dict[str, Any]) -> PayeeAddress:
    return read_address(case["address"], "mainnet")


@pytest.fixture(params=SCRIPTS)
def wallet(request: pytest.FixtureRequest, tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet", request.param)


def first(wallet: Wallet) -> tuple[PayeeAddress, bytes]:
    """An address and its private key, which is nobody's."""
    receive = wallet.address_at(0)
    with keyring()._secret(receive.path) as node:
        return read_address(receive.address, wallet.network), bytes(node._secret)


@pytest.mark.parametrize(("name", "text", "signed"), OF_CORE)
def test_what_core_verifies_is_verified(name: str, text: str, signed: str) -> None:
    address = read_address(name, "mainnet")
    assert signed_messages.verify(address, text, signed) == BIP137
    with pytest.raises(WalletError, match="The signature is not right"):
        signed_messages.verify(address, text + " ", signed)


def test_published_signatures_of_one_key_are_verified_and_others_are_not_taken() -> None:
    kinds = set()
    for case in published("simple"):
        for signed in case["bip322_signatures"]:
            if case["type"] in {"p2wpkh", "p2tr"}:
                kinds.add(case["type"])
                assert signed_messages.verify(address_of(case), case["message"], signed) == BIP322
                bare = signed.removeprefix("smp")
                assert signed_messages.verify(address_of(case), case["message"], bare) == BIP322
            else:
                with pytest.raises(WalletError):
                    signed_messages.verify(address_of(case), case["message"], signed)
    assert kinds == {"p2wpkh", "p2tr"}


def test_published_errors_are_errors() -> None:
    cases = published("error")
    assert len(cases) > 30
    for case in cases:
        with pytest.raises(WalletError) as refused:
            signed_messages.verify(address_of(case), case["message"], case["signature"])
        assert str(refused.value).endswith(".")


@pytest.mark.parametrize("header", [31, 35, 39])
def test_a_header_of_another_kind_than_the_address_is_not_taken(
    wallet: Wallet, header: int
) -> None:
    """But that of P2PKH, which wallets write for all."""
    address, key = first(wallet)
    signed = signature(key, TEXT, header)
    if header in {31, HEADERS[wallet.script]}:
        assert signed_messages.verify(address, TEXT, signed) == BIP137
    else:
        with pytest.raises(WalletError):
            signed_messages.verify(address, TEXT, signed)


def test_an_uncompressed_key_has_another_address(wallet: Wallet) -> None:
    address, key = first(wallet)
    with pytest.raises(WalletError):
        signed_messages.verify(address, TEXT, signature(key, TEXT, 27))


def test_somebody_elses_signature_and_another_text_are_not_taken(wallet: Wallet) -> None:
    address, key = first(wallet)
    for text, other in ((TEXT, b"\x07" * 32), (TEXT + "!", key), (TEXT.replace("\n", " "), key)):
        with pytest.raises(WalletError):
            signed_messages.verify(address, TEXT, signature(other, text))


@given(st.integers(0, 64), st.integers(1, 255))
def test_one_changed_byte_is_not_taken(place: int, change: int) -> None:
    address = read_address(OF_CORE[0][0], "mainnet")
    data = bytearray(base64.b64decode(OF_CORE[0][2]))
    data[place] ^= change
    try:
        standard = signed_messages.verify(
            address, OF_CORE[0][1], base64.b64encode(bytes(data)).decode()
        )
    except WalletError:
        return
    # Headers 27 to 34 name the same four keys; the address decides of compression.
    assert place == 0, standard


@given(st.binary(max_size=200))
def test_no_bytes_are_a_signature_by_accident(data: bytes) -> None:
    for name in (OF_CORE[0][0], "bc1q9vza2e8x573nczrlzms0wvx3gsqjx7vavgkx0l", P2A):
        with pytest.raises(WalletError):
            signed_messages.verify(
                read_address(name, "mainnet"), TEXT, base64.b64encode(data).decode()
            )


P2A = "bc1pfeessrawgf"  # anybody can spend it, so nobody signs for it


@pytest.mark.parametrize("text", ["", "!", "not-valid-base64!!!", "é", "A" * 30_000, "smp", "QQ="])
def test_what_cannot_be_a_signature_says_so(text: str) -> None:
    with pytest.raises(WalletError) as refused:
        signed_messages.verify(read_address(OF_CORE[0][0], "mainnet"), TEXT, text)
    assert len(str(refused.value)) < 300


def test_a_signature_may_be_wrapped_over_lines() -> None:
    name, text, signed = OF_CORE[0]
    wrapped = f"{signed[:40]}\n  {signed[40:]}\n"
    assert signed_messages.verify(read_address(name, "mainnet"), text, wrapped) == BIP137


class Device:
    """Signs as Jade does, with the key that it is given."""

    def __init__(self, key: bytes, answer: str = "") -> None:
        self._key, self._answer = key, answer
        self.asked: list[tuple[tuple[int, ...], str]] = []

    async def unlock(self, _network: str) -> None:
        """It is."""

    async def sign_message(self, path: tuple[int, ...], text: str) -> str:
        self.asked.append((path, text))
        return self._answer or signature(self._key, text)


async def test_a_devices_signature_is_written_as_bip137_has_it(wallet: Wallet) -> None:
    address, key = first(wallet)
    device = Device(key)
    receive = wallet.address_at(0)
    signed = await sign_message(wallet, device, receive, TEXT)  # type: ignore[arg-type]
    assert device.asked == [(receive.path, TEXT)]
    assert base64.b64decode(signed)[0] - HEADERS[wallet.script] in range(4)
    assert signed_messages.verify(address, TEXT, signed) == BIP137


async def test_a_signature_by_another_key_is_not_handed_out(wallet: Wallet) -> None:
    with pytest.raises(WalletError, match=r"may be another device\. Give it to nobody"):
        await sign_message(wallet, Device(b"\x07" * 32), wallet.address_at(0), TEXT)  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", ["x", "AAAA", base64.b64encode(bytes(65)).decode()])
async def test_a_devices_nonsense_is_not_handed_out(wallet: Wallet, answer: str) -> None:
    device = Device(b"\x07" * 32, answer)
    with pytest.raises(BadInput):
        await sign_message(wallet, device, wallet.address_at(0), TEXT)  # type: ignore[arg-type]


async def test_a_taproot_wallet_says_that_its_addresses_sign_otherwise(tmp_path: Path) -> None:
    wallet, device = paired(tmp_path / "tr", "tr"), Device(b"\x07" * 32)
    with pytest.raises(BadInput, match="pkh, sh-wpkh or wpkh"):
        await sign_message(wallet, device, wallet.address_at(0), TEXT)  # type: ignore[arg-type]
    assert not device.asked
