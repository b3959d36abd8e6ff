"""A wallet of three people: one signs by cable, one by QR codes, one by a file. Two are enough."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.__main__ import main
from host.app.connect import connect
from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.payment import finish_payment
from host.wallet import descriptors
from tests.cosigners import SEEDS, descriptor
from tests.devnets import STRANGER, clock
from tests.host.test_device_suite import by_light
from tests.journeys.light import read_through, unlocked_device
from tests.journeys.test_air_gap import Table
from tests.nights import AT_NIGHT
from tests.panes import Pane
from tests.people import Person
from tests.wallets import peers

NETWORK = "regtest"
FLAGS = ("--tcp", "0", "--camera", "0", "--network", NETWORK)


@dataclass
class Owner:
    """A person, and the device with that person's key."""

    emulator: EmulatorProcess
    person: Person

    @property
    def cable(self) -> str:
        return "tcp:{}:{}".format(*self.emulator.address)


@dataclass
class Machine:
    """A computer with the wallet on it; `capsys` has what it printed."""

    home: Path
    devnet: Devnet
    capsys: pytest.CaptureFixture[str]

    async def typed(self, *words: str, owner: Owner | None = None, peer: bool = False) -> Any:  # noqa: ANN401
        """What a command prints for programs; `owner` agrees on the device at the cable."""
        line = ["wallet", *words, "--wallet", "club", "--home", str(self.home), "--json"]
        line += [word for each in self.devnet.peers if peer for word in ("--peer", each)]
        reading = owner.person.accept() if owner else None
        line += ["--device", owner.cable] if owner else []
        status = await asyncio.to_thread(main, line)
        out, talk = self.capsys.readouterr()
        assert status == 0, talk
        if reading:
            await reading
        rows = [json.loads(row) for row in out.splitlines()]
        return rows[0] if len(rows) == 1 else rows

    async def typed_text(self, *words: str) -> str:
        """What a command prints for people."""
        line = ["wallet", *words, "--wallet", "club", "--home", str(self.home)]
        assert await asyncio.to_thread(main, line) == 0
        return self.capsys.readouterr().out

    def session(self, connect_device: Callable[[], Any], backend: P2pBackend) -> LocalSession:
        folder = WalletFolder(self.home / "wallets" / "club", NETWORK, "policy", 0, "club")
        return LocalSession(folder, Cable(connect_device), backend, "qr")


@pytest.fixture
async def owners(tmp_path: Path) -> AsyncIterator[tuple[Owner, ...]]:
    with ExitStack() as stack:
        emulators = [
            stack.enter_context(
                EmulatorProcess(tmp_path / f"{n}.flash", sealed_record(" ".join(words)), FLAGS)
            )
            for n, words in enumerate(SEEDS)
        ]
        for emulator in emulators:
            emulator.unlock()
        yield tuple(Owner(emulator, Person(emulator)) for emulator in emulators)


async def test_two_of_three_pay_by_cable_by_codes_and_by_file(
    owners: tuple[Owner, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_cable, by_codes, by_file = owners
    async with Devnet(clock, 3, tmp_path / "net") as devnet:
        here = Machine(tmp_path / "here", devnet, capsys)
        first = await set_up(here, owners)
        await devnet.fund(first, 1_000_000)

        kept = await here.typed("pay", STRANGER, "25000", owner=by_cable, peer=True)
        assert kept == {"signed": [1], "keys": 3, "missing": 1}
        txid = await sent_by_codes(here, by_codes)

        await here.typed("sync", peer=True)
        kept = await here.typed("bump", txid, "--rate", "5", owner=by_cable, peer=True)
        assert kept["signed"] == [1]
        bumped = await sent_by_file(here, by_file)
        assert bumped != txid
        await devnet.mine(1)
        await here.typed("sync", peer=True)
        history = {row["txid"]: row["status"] for row in await here.typed("history")}
        assert (history[txid], history[bumped]) == ("replaced", "confirmed")

        there = Machine(tmp_path / "there", devnet, capsys)
        record = tmp_path / "club.bsms"
        record.write_text(await here.typed_text("export", "bsms"))
        await there.typed("import", str(record))
        assert await there.typed("export") == await here.typed("export")
        await there.typed("sync", peer=True)
        assert await there.typed("balance") == await here.typed("balance")
        assert (await there.typed("receive"))["address"] != first, "somebody has paid to it"


async def set_up(here: Machine, owners: tuple[Owner, ...]) -> str:
    """The wallet imported, read on all three devices, its first address compared on one."""
    by_cable, by_codes, by_file = owners
    file = here.home.parent / "club.txt"
    file.write_text(descriptor())
    await here.typed("import", str(file))
    for owner in (by_cable, by_file):
        told = await here.typed("register", owner=owner)
        assert told == {"fingerprint": owner.emulator.screen.fingerprint}
    account = descriptors.describe(descriptors.read(descriptor(), NETWORK).pairing)
    device = await by_light(by_codes.emulator)
    reading = by_codes.person.accept()
    showing = asyncio.ensure_future(device.register(NETWORK, "club", account))
    await reading
    showing.cancel()
    with suppress(asyncio.CancelledError):
        await showing
    await device.close()
    received = await here.typed("receive", owner=by_cable)
    assert received["address"] in "".join(by_cable.person.read[-1].split())
    return str(received["address"])


async def sent_by_codes(here: Machine, owner: Owner) -> str:
    """The payment that waits, taken up with the device at the camera."""
    backend = P2pBackend(peers(here.devnet), NETWORK, here.home / "headers", patience_s=10)
    session = here.session(lambda: by_light(owner.emulator), backend)
    assert await session.open_wallet()
    unfinished = await session.unfinished()
    assert unfinished.signatures.sentence.endswith("One more signature is needed.")
    await session.sync()
    await session.plug()
    reading = owner.person.accept()
    sent = await finish_payment(session, unfinished)
    await reading
    await session.close()
    return sent.txid


async def sent_by_file(here: Machine, owner: Owner) -> str:
    """The payment that waits, carried to another computer and its device, and back."""
    out, back = (here.home.parent / name for name in ("out.psbt", "back.psbt"))
    await here.typed("pay", "--continue", "--psbt-out", str(out))
    device = await connect(owner.cable)
    reading = owner.person.accept()
    back.write_bytes(b64encode(await device.sign(NETWORK, out.read_bytes())))
    await reading
    await device.close()
    return str((await here.typed("pay", "--signed", str(back), peer=True))["txid"])


@AT_NIGHT
@pytest.mark.timeout(300)
async def test_a_signer_reads_the_wallet_and_signs_from_the_codes_of_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table(tmp_path)
    with EmulatorProcess(tmp_path / "1.flash", sealed_record(" ".join(SEEDS[1])), FLAGS) as device:
        device.unlock()
        by_cable = Owner(device, Person(device))
        async with Devnet(clock, 3, tmp_path / "net") as devnet:
            here = Machine(tmp_path / "wallet", devnet, capsys)
            await here.typed("import", descriptor())
            await here.typed("register", owner=by_cable)
            first = (await here.typed("receive", owner=by_cable))["address"]
            await devnet.fund(first, 1_000_000)
            kept = await here.typed("pay", STRANGER, "25000", owner=by_cable, peer=True)
            assert kept["signed"] == [2]
            with unlocked_device(tmp_path, "--network regtest", size=(80, 24)) as air:
                await asyncio.to_thread(read_from_codes, table, air)
                network = [word for peer in devnet.peers for word in ("--peer", peer)]
                await asyncio.to_thread(signed_from_codes, table, air, *network)
            await here.typed("sync", peer=True)
            paid = (await here.typed("history"))[0]
            assert (paid["status"], paid["sats"]) == ("waiting", 25_000)


def read_from_codes(table: Table, air: Pane) -> None:
    with table.wallet(air, "register", "--wallet", "club") as wallet:
        read_through(air, lambda page: "Registered" in page, 120)
        wallet.press("C-c")
        wallet.sees("Stopped.")
    air.press_until("Enter", "Unlocked.")


def signed_from_codes(table: Table, air: Pane, *network: str) -> None:
    with table.wallet(air, "pay", "--wallet", "club", "--continue", *network) as wallet:
        read_through(air, lambda page: "Signed" in page, 120)
        wallet.sees("Sent: ", seconds=150)
