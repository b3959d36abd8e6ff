"""What a person can do with wallet, device and network together, and how each of it can fail."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.app import spend
from host.app.connect import connect
from host.app.history import history
from host.app.pair import pair, recognise
from host.app.receive import next_address
from host.app.verify_address import verify_address
from host.backends.p2p import P2pBackend
from host.devices import SigningDevice
from host.devnet.network import Devnet
from host.errors import (
    AddressAlarm,
    HostError,
    LinkLost,
    NetworkError,
    WalletError,
)
from host.values import PaymentRequest
from host.wallet import Wallet
from host.wallet.account import STORE
from tests.devnets import STRANGER
from tests.people import Person
from tests.wallets import OTHER_WORDS, fund, issued, opened, paired

REQUEST = PaymentRequest.to(STRANGER, 25_000, 1)


@pytest.fixture
async def device(emulator: EmulatorProcess) -> AsyncIterator[SigningDevice]:
    made = await at(emulator)
    yield made
    await made.close()


async def at(emulator: EmulatorProcess) -> SigningDevice:
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
    device: SigningDevice, tmp_path: Path, script: str
) -> None:
    made = await pair(device, tmp_path / "new", "regtest", script)
    assert made.pairing == paired(tmp_path / "same", script).pairing


async def test_pairing_again_opens_the_same_wallet(
    device: SigningDevice, wallet: Wallet, tmp_path: Path
) -> None:
    first = await next_address(wallet)
    again = await pair(device, tmp_path / "wallet", "regtest")
    assert (await next_address(again)).index == first.index + 1


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


async def test_another_device_is_told_apart(device: SigningDevice, tmp_path: Path) -> None:
    other = paired(tmp_path / "wallet", words=OTHER_WORDS)
    with pytest.raises(WalletError) as refused:
        await pair(device, tmp_path / "wallet", "regtest")
    assert other.fingerprint in str(refused.value)
    assert "73c5da0a" in str(refused.value)
    assert "Nothing was changed." in str(refused.value)


async def test_a_device_with_our_fingerprint_and_other_keys_is_not_ours(
    device: SigningDevice, tmp_path: Path
) -> None:
    other = paired(tmp_path / "other", words=OTHER_WORDS).pairing
    forged = Wallet.create(tmp_path / "wallet", replace(other, fingerprint="73c5da0a"))
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
    device: SigningDevice, wallet: Wallet, person: Person, tmp_path: Path
) -> None:
    address = await next_address(wallet)
    looking = person.accept()
    await verify_address(wallet, device, address)
    await looking
    assert address.address in "".join(person.read).replace(" ", "").replace("\n", "")
    assert [when is not None for _, _, when in issued(tmp_path / "wallet" / STORE)] == [True]


async def test_no_to_an_address_on_the_device_is_an_alarm_and_leaves_it_unverified(
    device: SigningDevice, wallet: Wallet, person: Person, tmp_path: Path
) -> None:
    address = await next_address(wallet)
    saying_no = person.refuse()
    with pytest.raises(AddressAlarm, match=r"Do not use this address\."):
        await verify_address(wallet, device, address)
    await saying_no
    assert [when for _, _, when in issued(tmp_path / "wallet" / STORE)] == [None]


async def test_an_address_the_device_does_not_derive_is_an_alarm(
    device: SigningDevice, person: Person, tmp_path: Path
) -> None:
    strange = paired(tmp_path / "strange", words=OTHER_WORDS)
    looking = person.accept()
    with pytest.raises(AddressAlarm, match=r"Do not use this address\."):
        await verify_address(strange, device, await next_address(strange))
    await looking
    assert [when for _, _, when in issued(tmp_path / "strange" / STORE)] == [None]


# ---- paying: the order of it is in test_session_payment.py


async def test_a_draft_is_signed_sent_and_followed_until_it_is_confirmed(
    device: SigningDevice, wallet: Wallet, person: Person, devnet: Devnet, backend: P2pBackend
) -> None:
    await devnet.fund((await next_address(wallet)).address, 5_000_000)
    await backend.sync(wallet)
    draft = await spend.draft(wallet, REQUEST)
    assert spend.unfinished(wallet) == draft
    reading = person.accept()
    payment = await spend.sign(wallet, device, draft)
    await reading
    assert (spend.unfinished(wallet), len(spend.unsent(wallet))) == (None, 1)
    sent = await spend.send(wallet, backend, payment)
    assert (sent.txid, spend.unsent(wallet)) == (payment.txid, ())
    assert (await history(wallet))[0].status == "waiting"
    await devnet.mine(1)
    assert await spend.wait_confirmed(wallet, backend, sent.txid) == 1
    entry = (await history(wallet))[0]
    assert entry.status == "confirmed"
    assert entry.record is not None
    assert entry.record.recipient == STRANGER


async def test_a_payment_the_network_did_not_take_is_kept_and_sent_again(
    device: SigningDevice, person: Person, devnet: Devnet, backend: P2pBackend, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "wallet")
    await devnet.fund(wallet.next_address().address, 5_000_000)
    await backend.sync(wallet)
    reading = person.accept()
    payment = await spend.sign(wallet, device, await spend.draft(wallet, REQUEST))
    await reading
    with pytest.raises(NetworkError):
        await spend.send(wallet, Nowhere(tmp_path), payment)
    wallet.close()
    again = opened(tmp_path / "wallet")
    assert (await history(again))[0].status == "not sent"
    (waiting,) = spend.unsent(again)
    assert (waiting.recipient, waiting.sats) == (STRANGER, 25_000)
    first = await spend.send(again, backend, waiting.payment)
    assert (await spend.send(again, backend, waiting.payment)).txid == first.txid, "harmless"


async def test_a_device_of_another_seed_signs_nothing_of_ours(
    device: SigningDevice, tmp_path: Path
) -> None:
    strange = paired(tmp_path / "strange", words=OTHER_WORDS)
    fund(strange, 100_000)
    draft = await spend.draft(strange, REQUEST)
    with pytest.raises(HostError) as refused:
        await spend.sign(strange, device, draft)
    assert "Nothing was paid." in str(refused.value)
    assert spend.unfinished(strange) is None
