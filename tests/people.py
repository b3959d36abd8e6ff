"""A person at the device, for tests: reads its screen and presses its keys, beside the host."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from firmware_emu.emulator import PIN, EmulatorProcess
from firmware_emu.emulator.presets import yes


class Person:
    """Looks at the device and presses its keys, beside whatever the host is doing."""

    def __init__(self, device: EmulatorProcess) -> None:
        self.device = device
        self.read: list[str] = []

    def accept(self) -> "asyncio.Task[None]":
        """Read the next review to its end and agree to it."""
        return self._do(self._accept)

    def refuse(self) -> "asyncio.Task[None]":
        return self._do(lambda: self._press("confirm", "stop"))

    def unlock(self, pin: str = "1234") -> "asyncio.Task[None]":
        """Enter the PIN when the device asks for it."""
        return self._do(lambda: self._enter(pin))

    def pull_the_plug(self) -> "asyncio.Task[None]":
        """Cut the device's power while it shows a review."""
        return self._do(self._kill)

    def _do(self, action: Callable[[], None]) -> "asyncio.Task[None]":
        return asyncio.create_task(asyncio.to_thread(action))

    def _accept(self) -> None:
        if self.device.screen.kind == "notice":
            self.device.press("ok")
        self.device.wait_for("confirm")
        while self.device.screen.kind == "confirm":
            self.read.append(self.device.screen.text)
            self.device.press(yes(self.device.screen))

    def _press(self, kind: str, key: str) -> None:
        self.device.wait_for(kind)
        self.device.press(key)

    def _enter(self, pin: str) -> None:
        self.device.wait_for("pinpad")
        self.device.type(pin)
        self.device.press("ok")

    def _kill(self) -> None:
        self.device.wait_for("confirm")
        self.device.kill()


@contextmanager
def agreeable(device: EmulatorProcess) -> Iterator[None]:
    """Somebody at the device who agrees to whatever it asks."""
    leaves = threading.Event()

    def press() -> None:
        while not leaves.is_set():
            try:
                screen = device.wait_for("notice", "confirm", "pinpad", timeout_s=0.2)
            except TimeoutError:
                continue
            if screen.kind == "notice":
                device.press("ok")
            elif screen.kind == "confirm":
                device.press(yes(screen))
            else:  # left alone, it has locked itself
                device.type(PIN)
                device.press("ok")

    person = threading.Thread(target=press)
    person.start()
    try:
        yield
    finally:
        leaves.set()
        person.join()
