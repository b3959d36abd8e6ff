"""Devices whose keys a wallet of several has: recognised, told of it, asked in turn."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess
from host import optics
from host.__main__ import main
from host.app import cosigner, pair, spend
from host.app.connect import connect
from host.app.verify_address import verify_address
from host.devices import SigningDevice
from host.devices.air import AirGapSigner
from host.errors import DeclinedOnDevice, DeviceError, MoreSignatures, WalletError
from host.store import Pairing
from host.values import Frame
from host.wallet import Wallet, descriptors
from host.wallet.cosigners import CosignerKey, keys_of
from signer.formats.payload import reader
from signer.formats.payload.reader import Collector
from signer.formats.payload.values import AccountDescription
from signer.formats.qr.parts import Progress
from signer.formats.qr.peers import Peer
from tests.cosigners import descriptor, shared, sign, vault
from tests.devnets import STRANGER
from tests.people import Person
from tests.wallets import fund

KEYS = tuple(key.render(vault().policy.network) for key in vault().policy.keys)
OF_OTHERS = f"wsh(sortedmulti(1,{KEYS[1]}/<0;1>/*,{KEYS[2]}/<0;1>/*))"


@pytest.fixture
async def device(emulator: EmulatorProcess) -> AsyncIterator[SigningDevice]:
    connected = await connect("tcp:{}:{}".format(*emulator.address))
    yield connected
    await connected.close()


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    wallet = shared(tmp_path / "wallet")
    fund(wallet, 100_000)
    return wallet


async def test_a_device_is_known_by_its_key_and_not_by_its_name_alone(
    device: SigningDevice, wallet: Wallet, tmp_path: Path
) -> None:
    await device.unlock("regtest")
    assert await cosigner.recognise(wallet, device) == 0
    await pair.recognise(wallet, device)
    others = Wallet.create(tmp_path / "others", policy(OF_OTHERS))
    with pytest.raises(WalletError, match=r"73c5da0a has none of the keys.*3f635a63"):
        await cosigner.recognise(others, device)
    forged = policy(OF_OTHERS.replace("3f635a63", "73c5da0a"))
    with pytest.raises(WalletError, match="has other keys"):
        await cosigner.recognise(Wallet.create(tmp_path / "forged", forged), device)


async def test_a_wallet_is_read_on_the_device_before_its_addresses_are_compared(
    device: SigningDevice, wallet: Wallet, person: Person, emulator: EmulatorProcess
) -> None:
    address = wallet.next_address()
    await device.unlock("regtest")
    with pytest.raises(WalletError, match="does not know this wallet yet"):
        await verify_address(wallet, device, address)
    refusing = person.refuse()
    with pytest.raises(DeclinedOnDevice, match="It does not know the wallet"):
        await cosigner.register(wallet, device, "club-of-a-long-name")
    await refusing
    assert wallet.store.registrations() == {}
    await asyncio.to_thread(emulator.wait_for, "notice", "home")
    reading = person.accept()
    assert await cosigner.register(wallet, device, "club-of-a-long-name") == "73c5da0a"
    await reading
    assert wallet.store.registrations() == {"73c5da0a": "club-of-a-long-"}
    await asyncio.to_thread(emulator.wait_for, "notice")
    await asyncio.to_thread(emulator.press, "ok")
    looking = person.accept()
    await verify_address(wallet, device, address)
    await looking


async def test_a_payment_is_kept_whatever_a_device_says_to_it(
    device: SigningDevice, wallet: Wallet, person: Person, emulator: EmulatorProcess
) -> None:
    draft = wallet.draft(STRANGER, 25_000, 1)
    with pytest.raises(DeviceError, match="not registered"):
        await spend.sign(wallet, device, draft)
    assert spend.unfinished(wallet) == draft
    await asyncio.to_thread(emulator.wait_for, "notice")
    await asyncio.to_thread(emulator.press, "ok")
    reading = person.accept()
    await cosigner.register(wallet, device, "club")
    await reading
    await asyncio.to_thread(emulator.wait_for, "notice")
    await asyncio.to_thread(emulator.press, "ok")
    with pytest.raises(MoreSignatures):
        wallet.finish(draft, sign(draft.psbt, 1))
    refusing = person.refuse()
    with pytest.raises(DeclinedOnDevice):
        await spend.sign(wallet, device, draft)
    await refusing
    assert wallet.signatures(draft).signed == (1,)
    await asyncio.to_thread(emulator.wait_for, "notice", "home")
    reading = person.accept()
    assert await spend.sign(wallet, device, draft)
    await reading


async def test_a_device_that_has_signed_is_not_asked_twice(
    device: SigningDevice, wallet: Wallet
) -> None:
    draft = wallet.draft(STRANGER, 25_000, 1)
    with pytest.raises(MoreSignatures):
        wallet.finish(draft, sign(draft.psbt, 0))
    with pytest.raises(WalletError, match=r"key 1, which has signed already.*another device"):
        await spend.sign(wallet, device, draft)
    assert wallet.signatures(draft).signed == (0,)


# ---- by codes


@pytest.mark.parametrize("version", [8, 20])
async def test_a_wallet_is_shown_in_one_code_or_in_several(version: int, wallet: Wallet) -> None:
    shown: list[Frame] = []

    async def show(frame: Frame) -> None:
        shown.append(frame)
        if len(shown) > 20:
            raise asyncio.CancelledError

    async def look() -> tuple[bytes, ...]:
        return ()

    async def pause(_: float) -> None: ...

    device = AirGapSigner(show, look, pause, Peer("small", version=version))
    with pytest.raises(asyncio.CancelledError):
        await device.register("regtest", "club", wallet.description)
    assert {(frame.width // 4 - 8 - 17) // 4 <= version for frame in shown} == {True}
    assert (len({frame.pixels for frame in shown}) == 1) is (version == 20)
    assert read_back(shown) == wallet.description


def read_back(frames: list[Frame]) -> AccountDescription:
    """What a camera that sees these pictures makes of them."""
    collector = Collector()
    for code in (code for frame in frames for code in optics.read(frame)):
        whole = collector.add(code)
        if not isinstance(whole, Progress):
            account = reader.read(whole)
            assert isinstance(account, AccountDescription)
            return account
    raise AssertionError(len(frames))


def test_a_key_without_an_origin_is_its_own() -> None:
    key = CosignerKey.parse(descriptor().split("]")[1].split("/")[0])
    assert (key.path, len(key.fingerprint)) == ((), 8)
    assert key.origin == bytes.fromhex(key.fingerprint)


def test_the_keys_of_a_wallet_are_in_its_order(wallet: Wallet) -> None:
    fingerprints = [key.fingerprint for key in keys_of(wallet.description)]
    assert fingerprints == ["73c5da0a", "3f635a63", "b8688df1"]


# ---- typed


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("pay", "--continue", "--psbt-out", "x.psbt"), "no payment that waits for a signature"),
        (("pay", "--discard", "--psbt-out", "x.psbt"), "the other flag ends it"),
        (("register",), "Say where the device is"),
    ],
)
async def test_what_cannot_be_meant_is_said(
    words: tuple[str, ...], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ("--home", str(tmp_path / "home"))
    imported = ["wallet", "import", descriptor(), "--wallet", "club", *home]
    assert await asyncio.to_thread(main, imported) == 0
    assert await asyncio.to_thread(main, ["wallet", *words, "--wallet", "club", *home]) != 0
    assert says in capsys.readouterr().err


def policy(text: str) -> Pairing:
    return descriptors.read(text, "regtest").pairing
