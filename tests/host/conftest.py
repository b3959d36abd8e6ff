"""Real parts for the wallet's tests: a device process, a person at it, and a network."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from tests.devnets import clock
from tests.forked import devices_start_soon
from tests.people import Person
from tests.wallets import peers

__all__ = ["devices_start_soon"]


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    return tmp_path / "device.flash"


@pytest.fixture
def emulator(flash: Path) -> Iterator[EmulatorProcess]:
    """An unlocked device, a process of its own, of the seed that everybody knows."""
    with EmulatorProcess(flash, sealed_record()) as device:
        device.unlock()
        yield device


@pytest.fixture
def person(emulator: EmulatorProcess) -> Person:
    return Person(emulator)


@pytest.fixture
async def devnet(tmp_path: Path) -> AsyncIterator[Devnet]:
    async with Devnet(clock, 3, tmp_path / "net") as net:
        yield net


@pytest.fixture
async def backend(devnet: Devnet, tmp_path: Path) -> AsyncIterator[P2pBackend]:
    made = P2pBackend(peers(devnet), "regtest", tmp_path / "headers", patience_s=10)
    yield made
    await made.close()
