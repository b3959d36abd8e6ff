"""What a person can do with wallet, device and network together, and how each of it can fail."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.app import spend
from host.app.connect import connect
from host.app.history import history
from host.app.pair import pair, recognise
from host.app.receive import receive
from host.app.verify_address import verify_address
from host.backends.p2p import P2pBackend
from host.devices.jade import JadeSigner
from host.devnet.network import Devnet
from host.errors import (
    AddressAlarm,
    DeclinedOnDevice,
    HostError,
    LinkLost,
    NetworkError,
    WalletError,
)
from host.wallet import Wallet
from tests.devnets import STRANGER
from tests.people import Person
from tests.wallets import OTHER_WORDS, fund, opened, paired

WISH = spend.PaymentRequest(STRANGER, 25_000, 1)


@pytest.fixture
async def device(emulator: EmulatorProcess) -> AsyncIterator[JadeSigner]:
    made = await at(emulator)
    yield made
    await made.close()


async def at(emulator: EmulatorProcess) -> JadeSigner:
    host, port = emulator.address
    return await connect(f"tcp:{host}:{port}")


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet")


class Nowhere(P2pBackend):
    """No network: what is sent here is our mistake."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__([("127.0.0.1", 1)], "regtest", tmp_path / "nowhere")


# ---- pairing


@pytest.mark.parametrize("script", ["wpkh", "tr"])
async def test_pairing_makes_the_wallet_of_the_device(
    device: JadeSigner, tmp_path: Path, script: str
) -> None:
    made = await pair(device, tmp_path / "new", "regtest", script)
    assert made.pairing == paired(tmp_path / "same", script).pairing


async def test_pairing_again_opens_the_same_wallet(
    device: JadeSigner, wallet: Wallet, tmp_path: Path
) -> None:
    first = await receive(wallet)
    again = await pair(device, tmp_path / "wallet", "regtest")
    assert (await receive(again)).index == first.index + 1


async def test_pairing_waits_until_the_person_has_unlocked(flash: Path, tmp_path: Path) -> None:
    with EmulatorProcess(flash, sealed_record()) as emulator:
        device = await at(emulator)
        entering = Person(emulator).unlock()
        made = await pair(device, tmp_path / "new", "regtest")
        await entering
        await device.close()
    assert made.fingerprint == "73c5da0a"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")
async def test_a_device_at_a_serial_port_is_paired_in_the_same_way(
    flash: Path, tmp_path: Path
) -> None:
    with EmulatorProcess(flash, sealed_record(), flags=("--pty",)) as emulator:
        emulator.unlock()
        device = await connect(f"serial:{emulator.announcement['pty']}")
        assert (await pair(device, tmp_path / "new", "regtest")).fingerprint == "73c5da0a"
        await device.close()


async def test_another_device_is_told_apart(device: JadeSigner, tmp_path: Path) -> None:
    other = paired(tmp_path / "wallet", words=OTHER_WORDS)
    with pytest.raises(WalletError) as refused:
        await pair(device, tmp_path / "wallet", "regtest")
    assert other.fingerprint in str(refused.value)
    assert "73c5da0a" in str(refused.value)
    assert "Nothing was changed." in str(refused.value)


async def test_a_device_with_our_fingerprint_and_other_keys_is_not_ours(
    device: JadeSigner, tmp_path: Path
) -> None:
    other = paired(tmp_path / "other", words=OTHER_WORDS).pairing
    forged = Wallet.create(tmp_path / "wallet", "regtest", "73c5da0a", other.account_xpub)
    with pytest.raises(WalletError, match="other keys"):
        await recognise(forged, device)


async def test_pairing_cut_short_can_be_tried_again(flash: Path, tmp_path: Path) -> None:
    with EmulatorProcess(flash, sealed_record()) as emulator:
        device = await at(emulator)
        pairing = asyncio.create_task(pair(device, tmp_path / "new", "regtest"))
        await asyncio.to_thread(emulator.wait_for, "pinpad")
        emulator.kill()
        with pytest.raises(LinkLost):
            await pairing
        await device.close()
    assert not Wallet.exists(tmp_path / "new")
    with EmulatorProcess(flash) as emulator:
        emulator.unlock()
        device = await at(emulator)
        assert (await pair(device, tmp_path / "new", "regtest")).fingerprint == "73c5da0a"
        await device.close()


# ---- addresses


async def test_an_address_is_verified_when_device_and_person_agree(
    device: JadeSigner, wallet: Wallet, person: Person
) -> None:
    address = await receive(wallet)
    looking = person.accept()
    await verify_address(wallet, device, address)
    await looking
    assert address.address in "".join(person.read).replace(" ", "").replace("\n", "")
    assert [each.verified is not None for each in wallet.store.handed_out()] == [True]


async def test_no_on_the_device_leaves_an_address_unverified(
    device: JadeSigner, wallet: Wallet, person: Person
) -> None:
    address = await receive(wallet)
    saying_no = person.refuse()
    with pytest.raises(DeclinedOnDevice):
        await verify_address(wallet, device, address)
    await saying_no
    assert [each.verified for each in wallet.store.handed_out()] == [None]


async def test_an_address_the_device_does_not_derive_is_an_alarm(
    device: JadeSigner, person: Person, tmp_path: Path
) -> None:
    strange = paired(tmp_path / "strange", words=OTHER_WORDS)
    looking = person.accept()
    with pytest.raises(AddressAlarm, match="Do not give this address"):
        await verify_address(strange, device, await receive(strange))
    await looking
    assert [each.verified for each in strange.store.handed_out()] == [None]


# ---- paying


@pytest.mark.parametrize("script", ["wpkh", "tr"])
async def test_a_payment_goes_all_the_way(
    device: JadeSigner,
    person: Person,
    devnet: Devnet,
    backend: P2pBackend,
    tmp_path: Path,
    script: str,
) -> None:
    wallet = await pair(device, tmp_path / "new", "regtest", script)
    await devnet.fund((await receive(wallet)).address, 5_000_000)
    await backend.sync(wallet)
    steps: list[spend.Step] = []
    reading = person.accept()
    seen = await spend.spend(wallet, device, backend, WISH, steps.append)
    await reading
    drafted = next(step.draft for step in steps if isinstance(step, spend.Drafted))
    signed_words = person.device.wait_for("notice").text
    assert all(word in signed_words for word in drafted.words)
    assert any(isinstance(step, spend.Verified) for step in steps)
    assert all(step.sentence.endswith(".") for step in steps)
    await devnet.mine(1)
    assert await spend.wait_confirmed(wallet, backend, seen.txid) == 1
    assert wallet.balance().confirmed_sats == drafted.change_sats
    entry = (await history(wallet))[0]
    assert entry.status == "confirmed"
    assert entry.made is not None
    assert entry.made.recipient == STRANGER


async def test_no_on_the_device_leaves_nothing_behind(
    device: JadeSigner, wallet: Wallet, person: Person, tmp_path: Path
) -> None:
    fund(wallet, 100_000)
    saying_no = person.refuse()
    with pytest.raises(DeclinedOnDevice):
        await spend.spend(wallet, device, Nowhere(tmp_path), WISH)
    await saying_no
    assert spend.unfinished(wallet) is None
    assert spend.unsent(wallet) == ()
    assert wallet.balance().total_sats == 100_000


async def test_a_pulled_cable_keeps_the_draft_and_it_can_be_carried_on(
    flash: Path, wallet: Wallet, devnet: Devnet, backend: P2pBackend
) -> None:
    await devnet.fund(wallet.next_address().address, 5_000_000)
    await backend.sync(wallet)
    with EmulatorProcess(flash, sealed_record()) as emulator:
        emulator.unlock()
        device = await at(emulator)
        pulling = Person(emulator).pull_the_plug()
        with pytest.raises(LinkLost, match="Nothing was paid"):
            await spend.spend(wallet, device, backend, WISH)
        await pulling
        await device.close()
    draft = spend.unfinished(wallet)
    assert draft is not None
    with EmulatorProcess(flash) as emulator:
        emulator.unlock()
        device = await at(emulator)
        reading = Person(emulator).accept()
        seen = await spend.carry_on(wallet, device, backend, draft)
        await reading
        await device.close()
    assert seen.echoed
    assert spend.unfinished(wallet) is None


async def test_a_payment_the_network_did_not_take_is_kept_over_a_restart_and_sent_again(
    device: JadeSigner,
    wallet: Wallet,
    person: Person,
    devnet: Devnet,
    backend: P2pBackend,
    tmp_path: Path,
) -> None:
    await devnet.fund(wallet.next_address().address, 5_000_000)
    await backend.sync(wallet)
    reading = person.accept()
    with pytest.raises(NetworkError):
        await spend.spend(wallet, device, Nowhere(tmp_path), WISH)
    await reading
    wallet.close()
    again = opened(tmp_path / "wallet")
    assert (await history(again))[0].status == "not sent"
    (waiting,) = spend.unsent(again)
    assert (waiting.recipient, waiting.sats) == (STRANGER, 25_000)
    seen = await spend.send(again, backend, waiting.payment)
    assert seen.echoed
    assert spend.unsent(again) == ()
    assert (await history(again))[0].status == "waiting"


async def test_sending_twice_is_harmless(
    device: JadeSigner, wallet: Wallet, person: Person, devnet: Devnet, backend: P2pBackend
) -> None:
    await devnet.fund(wallet.next_address().address, 5_000_000)
    await backend.sync(wallet)
    reading = person.accept()
    first = await spend.spend(wallet, device, backend, WISH)
    await reading
    payment = wallet.store.payments()[0].payment
    assert (await spend.send(wallet, backend, payment)).txid == first.txid


async def test_a_device_of_another_seed_signs_nothing_of_ours(
    device: JadeSigner, tmp_path: Path
) -> None:
    strange = paired(tmp_path / "strange", words=OTHER_WORDS)
    fund(strange, 100_000)
    with pytest.raises(HostError) as refused:
        await spend.spend(strange, device, Nowhere(tmp_path), WISH)
    assert "Nothing was paid." in str(refused.value)
    assert spend.unfinished(strange) is None
