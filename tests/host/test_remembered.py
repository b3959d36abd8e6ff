"""The app on the wallet that config.toml names: real device, real network, real processes."""

import asyncio
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess
from host.devnet.network import Devnet
from host.errors import HostError, LinkLost
from host.session import remembered
from host.session.local import LocalSession
from host.session.state import Stage
from host.settings import WalletSettings
from host.tui.app import QuietkeyApp
from tests.devnets import STRANGER
from tests.gallery.app_clock import FedClock
from tests.gallery.app_shots import PASTE
from tests.host.pilots import Watcher
from tests.people import Person
from tests.wallets import paired


async def test_it_is_paired_funded_and_pays_without_a_flag(
    emulator: EmulatorProcess, person: Person, devnet: Devnet, tmp_path: Path
) -> None:
    wallet = WalletSettings(
        script="tr",
        account=2,
        device="tcp:{}:{}".format(*emulator.address),
        server="p2p:" + ",".join(devnet.peers),
    )
    app = QuietkeyApp(remembered.opening(tmp_path, "mine", wallet), clock=FedClock())
    async with app.run_test(size=(80, 24)) as pilot:
        watcher = Watcher(pilot, app)
        await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        await watcher.presses("r")
        issued = (await watcher.sees(lambda state: state.issued)).issued
        assert issued is not None
        assert issued.receive.address.startswith("bcrt1p")
        await devnet.fund(issued.receive.address, 5_000_000)
        await watcher.sees(
            lambda state: state.wallet and state.wallet.balance.spendable_sats == 5_000_000
        )
        await watcher.presses("p", f"{PASTE}{STRANGER}", "tab", *"25000", "enter")
        await watcher.sees(lambda state: state.payment)
        reading = person.accept()
        await watcher.presses("enter")
        await watcher.sees(
            lambda state: (
                state.payment is not None and state.payment.stage is Stage.SPREAD and not state.busy
            )
        )
        await reading
        await devnet.mine(1)
        await watcher.sees(
            lambda state: state.payment is not None and state.payment.stage is Stage.CONFIRMED
        )
    assert (tmp_path / "wallets" / "mine" / "quietkey.sqlite").exists()


async def test_a_network_that_is_lost_is_said_and_taken_up_again(
    emulator: EmulatorProcess, devnet: Devnet, tmp_path: Path
) -> None:
    wallet = WalletSettings(
        device="tcp:{}:{}".format(*emulator.address), server="p2p:" + ",".join(devnet.peers)
    )
    app = QuietkeyApp(remembered.opening(tmp_path, "mine", wallet), clock=FedClock())
    async with app.run_test(size=(80, 24)) as pilot:
        watcher = Watcher(pilot, app)
        state = await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        height = state.height
        for node in range(3):
            await devnet.kill(node)
        await watcher.sees(lambda state: "No node answers." in state.starting)
        for node in range(3):
            await devnet.revive(node)
        await devnet.mine(1)
        state = await watcher.sees(lambda state: state.height == height + 1 and not state.starting)
        assert not state.problem


async def test_a_server_that_names_nothing_is_a_sentence(tmp_path: Path) -> None:
    opening = remembered.opening(tmp_path, "mine", WalletSettings(server="pigeon:x"))
    with pytest.raises(HostError, match="names no server"):
        await asyncio.wait_for(_awaited(opening), 10)


async def test_a_wallet_that_was_imported_opens_without_a_device(tmp_path: Path) -> None:
    paired(tmp_path / "wallets" / "mine").close()
    session = await _awaited(remembered.opening(tmp_path, "mine", WalletSettings()))
    assert isinstance(session, LocalSession)
    assert await session.open_wallet()
    with pytest.raises(LinkLost, match="No device is known for this wallet"):
        await session.plug()
    await session.close()


async def _awaited(opening: remembered.Opening) -> object:
    return await opening.start(lambda _: None)
