"""One behaviour for every kind of signer: each passes this against the emulator, a real process.

A new module in host/devices is found here by its name. It needs a row in RIGS, which says how the
emulator is wired to it.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host import devices
from host.app.connect import connect
from host.config import account_path
from host.demo.camera import FrontCamera
from host.demo.control import PanelClient
from host.devices import DeviceKind, SigningDevice
from host.devices.air import AirGapSigner
from host.errors import DeclinedOnDevice, DeviceError, HostError, LinkLost, MoreSignatures
from host.wallet import Wallet
from tests.cosigners import shared, sign
from tests.devnets import STRANGER
from tests.people import Person
from tests.wallets import fund, paired

NETWORK = "regtest"
FLAGS = ("--tcp", "0", "--camera", "0", "--network", "regtest")
VERBS = (
    "unlock",
    "account_key",
    "show_address",
    "register",
    "show_account_address",
    "sign_message",
    "sign",
    "close",
)


async def by_tcp(emulator: EmulatorProcess) -> SigningDevice:
    return await connect("jade:tcp:{}:{}".format(*emulator.address))


async def by_light(emulator: EmulatorProcess) -> SigningDevice:
    announced = emulator.announcement
    panel = await PanelClient.connect(announced["control"], announced["token"])
    camera = await FrontCamera.point(announced["camera"], panel)

    async def hang_up() -> None:
        await camera.close()
        await panel.close()

    return AirGapSigner(camera.show, camera.look, hang_up=hang_up)


RIGS: dict[str, Callable[[EmulatorProcess], Awaitable[SigningDevice]]] = {
    "jade": by_tcp,
    "air": by_light,
}


@dataclass
class Rig:
    """A device on the desk, and its wallet's side of the cable."""

    emulator: EmulatorProcess
    person: Person
    device: SigningDevice

    async def show_account(self) -> None:
        """What a person does on a device that cannot be asked."""
        await asyncio.to_thread(self._show_account)

    def _show_account(self) -> None:
        self.emulator.press("ok")
        while not any(line.startswith("▸ Show account") for line in self.emulator.screen.lines):
            self.emulator.press("right")
        self.emulator.press("ok")
        self.emulator.wait_for("qr")


@pytest.fixture
async def rig(name: str, flash: Path) -> AsyncIterator[Rig]:
    assert name in RIGS, (
        f"host/devices/{name}.py: RIGS does not say how the emulator is wired to it"
    )
    with EmulatorProcess(flash, sealed_record(), flags=FLAGS) as emulator:
        emulator.unlock()
        device = await RIGS[name](emulator)
        yield Rig(emulator, Person(emulator), device)
        await device.close()


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    wallet = paired(tmp_path / "wallet")
    fund(wallet, 100_000)
    return wallet


each_device = pytest.mark.parametrize("name", devices.names())


@each_device
def test_its_module_exposes_what_a_plug_must(name: str) -> None:
    kind = devices.load(name)
    assert isinstance(kind, DeviceKind)
    assert kind.title
    for scheme, connector in kind.schemes.items():
        assert scheme.replace("+", "", 1).isalpha()  # qr+krux: what is meant, and for whom
        assert scheme.islower()
        assert inspect.iscoroutinefunction(connector)


@each_device
async def test_it_has_every_verb_and_says_what_it_is(rig: Rig) -> None:
    missing = [verb for verb in VERBS if not callable(getattr(rig.device, verb, None))]
    assert not missing, f"{type(rig.device).__name__} lacks: {', '.join(missing)}"
    assert rig.device.name
    assert rig.device.interactive in {True, False}


@each_device
@pytest.mark.parametrize("script", ["wpkh", "tr"])
async def test_its_account_key_makes_the_same_wallet(rig: Rig, script: str, tmp_path: Path) -> None:
    await rig.device.unlock(NETWORK)
    if not rig.device.interactive:
        await rig.show_account()
    key = await rig.device.account_key(NETWORK, account_path(NETWORK, script))
    pairing = paired(tmp_path / "same", script).pairing
    assert (key.fingerprint, key.xpub) == (pairing.fingerprint, pairing.account_xpub)


@each_device
async def test_a_payment_it_signed_is_one_the_wallet_takes(rig: Rig, wallet: Wallet) -> None:
    draft = wallet.draft(STRANGER, 25_000, 1)
    await rig.device.unlock(NETWORK)
    reading = rig.person.accept()
    signed = await rig.device.sign(NETWORK, draft.psbt)
    await reading
    payment = wallet.finish(draft, signed)
    assert payment.fee_sats == draft.fee_sats
    assert "25 000 sats" in " ".join(rig.person.read), "a person saw the amount"


@each_device
async def test_a_payment_that_was_refused_there_is_not_signed(rig: Rig, wallet: Wallet) -> None:
    draft = wallet.draft(STRANGER, 25_000, 1)
    await rig.device.unlock(NETWORK)
    signing = asyncio.ensure_future(rig.device.sign(NETWORK, draft.psbt))
    await rig.person.refuse()
    if rig.device.interactive:
        with pytest.raises(DeclinedOnDevice, match="You said no on the device"):
            await signing
    else:
        # There is no back channel: the person ends the wait.
        await asyncio.sleep(0)
        assert not signing.done()
        signing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await signing


@each_device
async def test_an_address_is_shown_there_or_the_device_says_that_it_cannot(
    rig: Rig, wallet: Wallet
) -> None:
    address = wallet.next_address()
    await rig.device.unlock(NETWORK)
    if rig.device.interactive:
        looking = rig.person.accept()
        shown = await rig.device.show_address(NETWORK, address.path, "wpkh")
        await looking
        assert shown == address.address
    else:
        with pytest.raises(DeviceError, match="cannot be asked"):
            await rig.device.show_address(NETWORK, address.path, "wpkh")


@each_device
async def test_a_wallet_of_several_keys_is_read_there_and_signed_for_by_turns(
    rig: Rig, tmp_path: Path
) -> None:
    wallet = shared(tmp_path / "wallet")
    fund(wallet, 100_000)
    await rig.device.unlock(NETWORK)
    reading = rig.person.accept()
    telling = asyncio.ensure_future(rig.device.register(NETWORK, "club", wallet.description))
    await reading
    if rig.device.interactive:
        await telling
        await asyncio.to_thread(rig.emulator.wait_for, "notice")
        await asyncio.to_thread(rig.emulator.press, "ok")
        looking = rig.person.accept()
        shown = await rig.device.show_account_address(NETWORK, "club", 5)
        await looking
        assert shown == wallet.address_at(5).address
    else:
        # There is no back channel: the person ends the wait.
        telling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await telling
        with pytest.raises(DeviceError, match="cannot be asked"):
            await rig.device.show_account_address(NETWORK, "club", 5)
    assert "2 of 3 keys" in " ".join(rig.person.read), "a person saw what the keys can do"
    draft = wallet.draft(STRANGER, 25_000, 1)
    reading = rig.person.accept()
    with pytest.raises(MoreSignatures):
        wallet.finish(draft, await rig.device.sign(NETWORK, draft.psbt))
    await reading
    assert wallet.finish(draft, sign(wallet.collected(draft), 1)).fee_sats == draft.fee_sats


@each_device
async def test_a_wallet_of_several_keys_that_was_not_read_there_is_not_signed_for(
    rig: Rig, tmp_path: Path
) -> None:
    if not rig.device.interactive:
        return  # nobody can say so but its screen
    wallet = shared(tmp_path / "wallet")
    fund(wallet, 100_000)
    await rig.device.unlock(NETWORK)
    with pytest.raises(DeviceError, match="not registered"):
        await rig.device.sign(NETWORK, wallet.draft(STRANGER, 25_000, 1).psbt)


@each_device
async def test_a_wait_that_was_ended_leaves_nothing_running(rig: Rig, wallet: Wallet) -> None:
    before = asyncio.all_tasks()
    signing = asyncio.ensure_future(
        rig.device.sign(NETWORK, wallet.draft(STRANGER, 25_000, 1).psbt)
    )
    await asyncio.to_thread(rig.emulator.wait_for, "confirm")
    signing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await signing
    assert asyncio.all_tasks() == before


@each_device
async def test_a_device_that_dies_is_a_lost_link(rig: Rig, wallet: Wallet) -> None:
    signing = asyncio.ensure_future(
        rig.device.sign(NETWORK, wallet.draft(STRANGER, 25_000, 1).psbt)
    )
    await rig.person.pull_the_plug()
    with pytest.raises(LinkLost) as lost:
        await asyncio.wait_for(signing, 20)
    assert str(lost.value).endswith(".")


@each_device
async def test_closing_twice_is_harmless(rig: Rig) -> None:
    await rig.device.close()
    await rig.device.close()


# ---- from text to a device


SCHEMES = [(name, scheme) for name in devices.names() for scheme in devices.load(name).schemes]
NOWHERE = {
    "tcp": "127.0.0.1:1",
    "serial": "/dev/quietkey-is-not-here",
    "qr": "/quietkey-is-not-here",
}


@pytest.mark.parametrize(("name", "scheme"), SCHEMES)
async def test_where_nobody_answers_is_a_sentence_for_every_scheme(name: str, scheme: str) -> None:
    base = scheme.partition("+")[0]
    assert base in NOWHERE, f"NOWHERE has no address of the scheme {base} that nobody answers"
    with pytest.raises(LinkLost) as lost:
        await connect(f"{name}:{scheme}:{NOWHERE[base]}")
    assert str(lost.value).endswith(".")


@pytest.mark.parametrize(
    "text", ["", "usb", "tcp", "tcp:", "serial:", "jade", "jade:", "jade:usb:1", "air:tcp:1:2", ":"]
)
async def test_text_that_names_no_device_says_how_to_name_one(text: str) -> None:
    with pytest.raises(
        HostError, match=r"names no device\. Write tcp:HOST:PORT, serial:PATH or qr:FOLDER"
    ):
        await connect(text)


@pytest.mark.parametrize("port", ["", "x", "0", "65536", "-1", "1.5"])
async def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(HostError, match="is no port"):
        await connect(f"tcp:127.0.0.1:{port}")


# ---- a plug that is half made


def test_a_module_without_a_device_is_named_with_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_made.py").write_text("DEVICE = 'not yet'\n")
    monkeypatch.setattr(devices, "__path__", [*devices.__path__, str(tmp_path)])
    assert "half_made" in devices.names()
    with pytest.raises(TypeError, match=r"host\.devices\.half_made exposes no DEVICE of type"):
        devices.load("half_made")
    with pytest.raises(ModuleNotFoundError):
        devices.load("not_even_there")
