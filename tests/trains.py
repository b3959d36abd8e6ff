"""Random trains of keys, as a cat, a sleeve, a stuck key or a paste makes them (T104).

python -m tests.trains [COUNT] [FACE] [FIRST]     on devices in memory; prints what came of them

FACE is shell (without a face), remote or terminal; FIRST the number of the first train. In the
terminal 10 000 take ten minutes: an application decodes every byte, and paints.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from random import Random  # noqa: TID251 - the trains, each from its number

from firmware_emu.crowd import Crowd
from firmware_emu.emulator import PIN, Emulator
from firmware_emu.events import KeyPressed, Typed
from firmware_emu.faces.remote import _Client
from firmware_emu.screens import Key
from firmware_emu.storage import vault
from tests.gallery.device import payments
from tests.keyboard import Keyboard, keyboard

KEYS = (Key.STOP, Key.LEFT, Key.RIGHT, Key.OK)
LONGEST_S = 3.0
RATES = (10, 50)  # keys a second
LONGEST_GAP_S = 0.15
Press = tuple[float, Key | str]


def train(random: Random) -> list[Press]:
    """Keys and characters, each with the seconds before it: at most LONGEST_S of them."""
    keys: Sequence[Key | str] = random.choice(
        [[Key.OK], [Key.OK], [Key.OK, random.choice(KEYS)], KEYS, [*KEYS, *PIN], [*PIN, Key.OK]]
    )
    return list(_timed(keys, random))


def _timed(keys: Sequence[Key | str], random: Random) -> Iterator[Press]:
    """One after the other, in turn or by chance, evenly or not, with a pause before a repeat."""
    rate, in_turn = random.uniform(*RATES), random.random() < 0.5
    unevenness, passed, number = random.choice([0.0, 0.5, 1.0]), 0.0, 0
    pause = random.choice([0.0, 0.0, 0.25, 0.5])
    until = random.uniform(0.1, LONGEST_S)
    while passed < until:
        yield pause, keys[number % len(keys)] if in_turn else random.choice(keys)
        even = pause if number == 0 and pause else 1 / rate
        pause = even + random.uniform(-unevenness, unevenness) * even if number else even
        pause = min(pause, LONGEST_GAP_S) if number else pause
        passed, number = passed + pause, number + 1


def scenes() -> dict[str, Emulator]:
    """Where a train can hit a device. None of them is the last page: holding there is consent."""
    asked = Emulator()
    asked.request("sign_psbt", {"network": "localtest", "psbt": payments()["payment"]})
    warned = Emulator()
    warned.request("sign_psbt", {"network": "localtest", "psbt": payments()["high fee"]})
    erasing = Emulator()
    erasing.press("ok", "left", "ok")
    locked_erasing = Emulator(locked=True)
    locked_erasing.press("stop", "ok")
    pin = Emulator(locked=True)
    pin.press("ok")
    found = {"home": Emulator(), "locked": Emulator(locked=True), "pin": pin, "payment": asked}
    return found | {"warning": warned, "erase": erasing, "erase, locked": locked_erasing}


class Shell:
    """No face: keys go to the device's shell."""

    @contextmanager
    def plugged_into(self, device: Emulator) -> Iterator[None]:
        self._device = device
        yield

    async def wait(self, device: Emulator, seconds: float) -> None:
        device._clock.now_s += seconds

    async def press(self, key: Key | str) -> None:
        self._device.shell.happen(KeyPressed(key) if isinstance(key, Key) else Typed(key))


class _Nowhere(asyncio.Transport):
    """A connection whose other end only talks."""

    def write(self, data: object) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False


class Remote(Shell):
    """The socket of a program, line by line."""

    @contextmanager
    def plugged_into(self, device: Emulator) -> Iterator[None]:
        self._client = _Client(device.shell, "token", None, Crowd())
        self._client.connection_made(_Nowhere())
        self._client.data_received(b'{"token": "token"}\n')
        yield
        self._client.connection_lost(None)

    async def press(self, key: Key | str) -> None:
        message = {"press": key.value} if isinstance(key, Key) else {"type": key}
        self._client.data_received(json.dumps(message).encode() + b"\n")


Face = Shell | Keyboard


@asynccontextmanager
async def face(name: str) -> AsyncIterator[Face]:
    """The face of that name, with no device yet."""
    if name == "terminal":
        async with keyboard() as terminal:
            yield terminal
    else:
        yield {"shell": Shell, "remote": Remote}[name]()


async def hit(device: Emulator, presses: list[Press], face: Face) -> Counter[str]:
    """What a train does that nobody meant."""
    before, heard = len(device.flash.writes), len(device.received())
    device.advance(0.5)
    with face.plugged_into(device):
        for seconds, key in presses:
            await face.wait(device, seconds)
            await face.press(key)
        await face.wait(device, LONGEST_GAP_S)
    written = [vault.parse(record) for record in device.flash.writes[before:]]
    return Counter(
        signatures=int(b"result" in device.received()[heard:]),
        erasures=sum(record.sealed is None for record in written),
        tries=sum(record.tries_left < vault.TRIES for record in written),
    )


async def main(count: int, name: str = "shell", first: int = 0) -> Counter[str]:
    """So many trains, in turn over the scenes; the sum of what they did."""
    start, done = scenes(), Counter(signatures=0, erasures=0, tries=0)
    async with face(name) as fed:
        for number in range(first, first + count):
            scene = start[list(start)[number % len(start)]]
            done.update(await hit(scene.fork(), train(Random(number)), fed))
    return done


if __name__ == "__main__":
    trains = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    where = sys.argv[2] if len(sys.argv) > 2 else "shell"
    beginning = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    counts = asyncio.run(main(trains, where, beginning))
    figures = ", ".join(f"{value} {name}" for name, value in counts.items())
    print(f"{trains} trains, {where}: {figures}")  # noqa: T201 - the figure is what it is run for
