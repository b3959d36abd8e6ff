"""A clock that is fed: the app's keys come when a test says so, and nobody waits."""

from collections.abc import Callable

from textual import events

from host.tui.keyboard import HELD_BACK_S

BETWEEN_KEYS_S = 1.0


class FedClock:
    """Implements host.tui.keyboard.Clock."""

    def __init__(self) -> None:
        self._now = 100.0
        self._due: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:
        return self._now

    def arrival(self, _: events.Event) -> float:
        return self._now

    def later(self, seconds: float, callback: Callable[[], None]) -> None:
        self._due.append((self._now + seconds, callback))

    def advance(self, seconds: float) -> None:
        """Let time pass, and what was due in it happen."""
        end = self._now + seconds
        while soon := [due for due in self._due if due[0] <= end]:
            first = min(soon, key=lambda due: due[0])
            self._due.remove(first)
            self._now = first[0]
            first[1]()
        self._now = end

    def settle(self) -> None:
        """Let a key that was held back go on."""
        self.advance(HELD_BACK_S)
