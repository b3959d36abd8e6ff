"""Time and fresh chance, as events. The device has no clock and no dice of its own."""

import asyncio
import time
from collections.abc import Callable

from firmware_emu.events import Shaken, Ticked
from firmware_emu.shell import Shell

EVERY_S = 0.05  # an animated QR code turns its page up to twenty times a second
SHAKE_EVERY = 1200  # ticks: what leaked of the randomness once is worth nothing a minute later


class MovableTime:
    """Seconds that never go back. A program at the control socket can move them on."""

    def __init__(self) -> None:
        self._moved_s = 0.0

    def now(self) -> float:
        return time.monotonic() + self._moved_s

    def advance(self, seconds: float) -> None:
        """Let `seconds`, 0 or more, go by at once."""
        self._moved_s += seconds


class Clock:
    """Ticks by the loop's monotonic clock until `close`. `entropy` gives that many fresh bytes."""

    def __init__(
        self, shell: Shell, entropy: Callable[[int], bytes], every_s: float = EVERY_S
    ) -> None:
        self._shell = shell
        self._entropy = entropy
        self._every_s = every_s
        self._ticks = 0
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer = self._loop.call_later(every_s, self._tick)

    def close(self) -> None:
        """Stop ticking."""
        self._timer.cancel()

    def _tick(self) -> None:
        time = self._loop.time()
        seconds, self._last = time - self._last, time
        self._timer = self._loop.call_later(self._every_s, self._tick)
        self._shell.happen(Ticked(seconds))
        self._ticks += 1
        if self._ticks % SHAKE_EVERY == 0:
            self._shell.happen(Shaken(self._entropy(32)))
