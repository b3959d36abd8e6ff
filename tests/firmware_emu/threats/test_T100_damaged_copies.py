"""T100: damage to one copy of the flash must cost no seed, and must give no PIN try back.

Who may write the file could damage the newer copy after each wrong PIN, so that the device falls
back to the older one with its higher count. So there is no older one between saves: a save returns
when both copies are durable, and the PIN is looked at after it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_emu.core.device import Device
from firmware_emu.emulator import MNEMONIC, PIN, Emulator, sealed_record
from firmware_emu.emulator.presets import CHEAP
from firmware_emu.shell import Shell
from firmware_emu.storage import vault
from firmware_emu.storage.flash import FlashFile, stored
from tests.kill_points import erase, unlock

FINGERPRINT = "73c5da0a"


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda _: b"",
    "zeroed": lambda data: bytes(len(data)),
    "cut": lambda data: data[:-1],
    "another head": lambda data: _flipped(data, 0),
    "another number": lambda data: _flipped(data, 18),
    "another record": lambda data: _flipped(data, 60),
}
every_damage = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
Damage = Callable[[bytes], bytes]


def spoil(path: Path, damage: Damage) -> None:
    path.write_bytes(damage(path.read_bytes()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with FlashFile(tmp_path / "device.flash") as flash:
        flash.save(sealed_record(MNEMONIC, PIN))
    return tmp_path / "device.flash"


def copies_of(path: Path) -> tuple[Path, Path]:
    return path, path.with_name("device.flash.copy")


def switched_on(flash: FlashFile) -> Shell:
    shell = Shell(Device(flash.load(), bytes(range(32)), CHEAP), flash)
    shell.start()
    return shell


def try_pin(path: Path, pin: str) -> None:
    """Switch the device on, try one PIN, and switch it off."""
    with FlashFile(path) as flash:
        unlock(pin)(switched_on(flash))


def tries_left(path: Path) -> int:
    return vault.parse(stored(path) or b"").tries_left


@pytest.mark.parametrize("which", [0, 1])
@every_damage
def test_damaging_either_copy_after_each_wrong_pin_gives_no_try_back(
    path: Path, which: int, damage: Damage
) -> None:
    seen = []
    for _ in range(3):
        try_pin(path, "9999")
        spoil(copies_of(path)[which], damage)
        seen.append(tries_left(path))
    assert seen == [7, 6, 5]
    try_pin(path, PIN)
    spoil(copies_of(path)[which], damage)
    assert Emulator(record=stored(path), pin=PIN).screen.fingerprint == FINGERPRINT


@pytest.mark.parametrize("which", [0, 1])
def test_an_older_copy_put_back_in_one_place_gives_no_try_back(path: Path, which: int) -> None:
    """In both places it does: nothing in a file can prove that there was a later one (README)."""
    older = path.read_bytes()
    try_pin(path, "9999")
    copies_of(path)[which].write_bytes(older)
    assert tries_left(path) == 7
    copies_of(path)[1 - which].write_bytes(older)
    assert tries_left(path) == 8


@pytest.mark.parametrize("which", [0, 1])
@every_damage
def test_an_erased_seed_is_in_neither_copy_and_no_damage_brings_it_back(
    path: Path, which: int, damage: Damage
) -> None:
    sealed = vault.parse(stored(path) or b"").sealed
    assert sealed is not None
    with FlashFile(path) as flash:
        erase(switched_on(flash))
    assert vault.parse(stored(path) or b"").sealed is None
    assert not any(sealed.box in copy.read_bytes() for copy in copies_of(path))
    spoil(copies_of(path)[which], damage)
    with FlashFile(path) as flash:
        assert vault.parse(flash.load() or b"").sealed is None
