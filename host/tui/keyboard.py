"""Which keys count: none that a person cannot have meant for what is on the screen.

A key that comes right after the keyboard changed hands was meant for the part that had it before,
and a burst that no fingers type is a paste. Both once signed payments that nobody had read.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from textual import events
from textual._time import get_time

HAND_OVER_S = 0.3  # after the keyboard changed hands, nothing counts
LET_GO_S = 0.12  # a key that repeats is let go when it stays away for so long
BURST_S, BURST_KEYS = 0.12, 3  # more different keys than that within that time are a paste
HELD_BACK_S = 0.04  # how long a key waits for whether it begins a burst


class Clock(Protocol):
    """Seconds that only grow."""

    def now(self) -> float: ...

    def arrival(self, event: events.Event) -> float:
        """When the event came in, however long it has waited since."""
        ...

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call this after so many seconds."""
        ...


class LoopClock:
    """The time of the running event loop, which Textual stamps its events with."""

    def now(self) -> float:
        return get_time()

    def arrival(self, event: events.Event) -> float:
        return event.time

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, callback)


class Keyboard:
    """Sorts keys by when they came. Those that count and had to wait are given to `deliver`."""

    def __init__(self, clock: Clock, deliver: Callable[[events.Key], object]) -> None:
        self._clock = clock
        self._deliver = deliver
        self._handed_over = -HAND_OVER_S
        self._last_key, self._last_at = "", -LET_GO_S
        self._changes: list[float] = []
        self._dropping = False
        self._waiting: list[events.Key] = []

    def hand_over(self) -> None:
        """Another part of the app has the keyboard from now on."""
        self._handed_over = self._clock.now()
        self._waiting.clear()

    def takes(self, event: events.Key, *, typed: bool) -> bool:
        """Whether this key goes on at once, as text that is typed does.

        Any other key waits for a moment, and is delivered or dropped.
        """
        at = self._clock.arrival(event)
        burst = self._is_burst(event.key, at)
        let_go = at - self._last_at >= LET_GO_S
        self._last_key, self._last_at = event.key, at
        too_soon = at - self._handed_over < HAND_OVER_S
        self._dropping = too_soon or (self._dropping and not let_go) or (burst and not typed)
        if burst:
            self._waiting.clear()
        if self._dropping:
            return False
        if typed and not self._waiting:
            return True
        if not self._waiting:
            self._clock.later(HELD_BACK_S, self._release)
        self._waiting.append(event)
        return False

    def _is_burst(self, key: str, at: float) -> bool:
        """Whether so many different keys came in so short a time; repeats of one count once."""
        self._changes = [before for before in self._changes if at - before < BURST_S]
        if key != self._last_key:
            self._changes.append(at)
        return len(self._changes) > BURST_KEYS

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            self._deliver(event)
