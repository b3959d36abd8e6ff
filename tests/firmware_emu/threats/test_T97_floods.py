"""T97: a host fills the device's memory, or keeps its person and other hosts waiting.

`python -m tests.floods` measures every kind for longer, and holds the times that a quiet machine
keeps: a key within 0.2 s, another host within 1 s. Here they may be those of a busy one.
"""

import sys
from collections.abc import Iterator

import pytest

from firmware_emu.crowd import Crowd
from firmware_emu.emulator import EmulatorProcess, sealed_record
from tests.floods.kinds import KINDS
from tests.floods.measure import FLAGS, flood
from tests.nights import cases

MOST_MEMORY = 64  # MiB
BUSY = 10
SLOW = {"the largest pictures, 4 cameras", "small pictures"}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    flash = tmp_path_factory.mktemp("flooded") / "device.flash"
    with EmulatorProcess(flash, sealed_record(), FLAGS) as device:
        device.unlock()
        yield device


@LINUX
@pytest.mark.parametrize("kind", cases(KINDS, set(KINDS) - SLOW))
def test_no_flood_fills_the_memory_or_keeps_anybody_waiting(
    device: EmulatorProcess, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    measured = flood(device, kind, 0.2)
    assert measured.memory <= MOST_MEMORY
    assert measured.key <= BUSY * 0.2
    assert measured.second <= BUSY * 1.0
    log = capfd.readouterr().err.splitlines()
    assert len(log) <= 10, log[:10]


class Guest:
    def __init__(self) -> None:
        self.is_dropped = False

    def drop(self) -> None:
        self.is_dropped = True


def test_where_there_are_too_many_the_one_that_was_silent_longest_goes() -> None:
    crowd = Crowd(most=2)
    owed, silent, new, newer = (Guest() for _ in range(4))
    crowd.join(owed)
    crowd.heard(owed, 100)
    crowd.join(silent)
    crowd.join(new)
    assert [guest.is_dropped for guest in (owed, silent, new)] == [False, True, False]
    crowd.heard(new, 1)
    crowd.join(newer)
    assert [guest.is_dropped for guest in (owed, new, newer)] == [True, False, False]


def test_where_too_much_waits_the_one_with_most_of_it_goes() -> None:
    crowd = Crowd(most=9, most_bytes=1000)
    large, small, last = Guest(), Guest(), Guest()
    for guest, count in ((large, 600), (small, 300), (last, 101)):
        crowd.join(guest)
        crowd.heard(guest, count)
    assert [guest.is_dropped for guest in (large, small, last)] == [True, False, False]
    crowd.answered(small, 0)
    crowd.heard(last, 899)
    assert not last.is_dropped
