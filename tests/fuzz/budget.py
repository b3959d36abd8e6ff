"""What one input may cost: only typed errors, time in proportion to its size, and memory too.

Time is measured in CPU time of this thread, and allowed in units of this machine: how long a fixed
piece of byte work takes here, now, and under the fuzzer's instrumentation, over what it took where
the budgets were written down. A machine, or an instrumented run, that is five times slower has five
times the budget, so that the budget says something about the code and nothing about the machine.
"""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from time import thread_time
from typing import Final

from signer.errors import Malformed, Refused

Promise = Callable[[], None]
Feed = Callable[[bytes], Promise | None]  # reads, which is measured; then checks, which is not

REFERENCE_US: Final = 55.0  # `_byte_work` where an input's 50 microseconds a kilobyte were set
TRIES: Final = 5  # another process may take the core amid a measurement; not five times


class OverBudget(Exception):
    """An input cost more than its size explains."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What an input may cost. The floors are what the smallest one may cost already.

    `us_per_kb` microseconds for each 1024 bytes; `times` its size in memory, at the peak.
    """

    us_per_kb: float = 50
    floor_us: float = 1_000
    times: float = 8
    floor_bytes: int = 128 << 10


class Meter:
    """Feeds inputs to a target and raises OverBudget, or whatever it raises that is not typed."""

    def __init__(self, feed: Feed, budget: Budget, memory_every: int = 1) -> None:
        """`memory_every`: watching memory is slow, so only every n-th input has it watched."""
        self._feed = feed
        self._budget = budget
        self._memory_every = memory_every
        self._inputs = 0
        self._slowness = _slowness()
        self.worst_us_per_kb = 0.0

    def take(self, data: bytes) -> None:
        """One input."""
        self._inputs += 1
        promise = self._check_time(data)
        if promise is not None:
            promise()
        if self._inputs % self._memory_every == 0:
            self._check_memory(data)

    def _check_time(self, data: bytes) -> Promise | None:
        allowed = self._budget.floor_us + self._budget.us_per_kb * len(data) / 1024
        for tries_left in reversed(range(TRIES)):
            began = thread_time()
            promise = _closed(self._feed, data)
            took = (thread_time() - began) * 1e6 / self._slowness
            if took <= allowed:
                break
            self._slowness = max(self._slowness, _slowness())
            if not tries_left:
                raise OverBudget(f"{took:.0f} us for {len(data)} bytes; {allowed:.0f} are allowed.")
        self.worst_us_per_kb = max(self.worst_us_per_kb, took * 1024 / max(len(data), 1024))
        return promise

    def _check_memory(self, data: bytes) -> None:
        allowed = self._budget.floor_bytes + self._budget.times * len(data)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            _closed(self._feed, data)
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        if peak > allowed:
            raise OverBudget(f"{peak} bytes for {len(data)}; {allowed:.0f} are allowed.")


def _closed(feed: Feed, data: bytes) -> Promise | None:
    """Only these two blame the input. Everything else is a fault of ours and goes up."""
    try:
        return feed(data)
    except (Malformed, Refused):
        return None


def _slowness() -> float:
    """How many times slower this is than the reference: the best of some tries."""
    best = min(_timed() for _ in range(30))
    return max(best / REFERENCE_US, 0.5)


def _timed() -> float:
    began = thread_time()
    _byte_work()
    return (thread_time() - began) * 1e6


def _byte_work() -> int:
    """What parsers do: slices, numbers, a table, a branch for each."""
    data = bytes(range(256)) * 4
    seen: dict[bytes, int] = {}
    for at in range(0, len(data), 4):
        piece = data[at : at + 4]
        number = int.from_bytes(piece, "little")
        if piece not in seen:
            seen[piece] = number
    return len(seen)
