"""What the app is at: a line that moves whenever a task takes longer than a person waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from textual.worker import Worker, get_current_worker

from host.session import activities
from host.session.activities import Activity
from host.session.state import AppState
from host.tui.keyboard import Clock

SHOWN_AFTER_S = 0.3
TICK_S = 0.25
DOTS = 3
STOPS = " · esc stops it"


@dataclass(slots=True, eq=False)
class RunningTask:
    """A task under way since `started`, in seconds of the clock."""

    activity: Activity
    started: float
    worker: Worker[Any]
    takes_long: bool = False


class ActivityMeter:
    """Has a line drawn while a task takes long, which is that of the latest such task."""

    def __init__(self, clock: Clock, draw: Callable[[], None]) -> None:
        self._clock = clock
        self._draw = draw
        self._runs: list[RunningTask] = []
        self._ticks = 0

    @contextmanager
    def during(self, activity: Activity) -> Iterator[None]:
        """In here the present worker is at it."""
        run = RunningTask(activity, self._clock.now(), get_current_worker())
        self._runs.append(run)
        self._clock.later(SHOWN_AFTER_S, lambda: self._tick(run))
        try:
            yield
        finally:
            self._runs.remove(run)
            self._draw()

    @property
    def current(self) -> RunningTask | None:
        """The latest that has taken long."""
        return next((run for run in reversed(self._runs) if run.takes_long), None)

    def stop(self) -> bool:
        """End what is shown, if that is safe. Whether it was."""
        run = self.current
        if run is None or not run.activity.stoppable:
            return False
        run.worker.cancel()
        return True

    def line(self, state: AppState) -> str:
        """What is shown at this moment, "" for nothing."""
        run = self.current
        if run is None:
            return ""
        dots = "·" * (1 + self._ticks % DOTS)
        seconds = int(self._clock.now() - run.started)
        end = STOPS if run.activity.stoppable else ""
        return f"{activities.sentence(run.activity, state)} {dots:<{DOTS}} {seconds} s{end}"

    def _tick(self, run: RunningTask) -> None:
        """Each run has its own ticks, and only those of the one that is shown draw."""
        if run not in self._runs:
            return
        run.takes_long = True
        if run is self.current:
            self._ticks += 1
            self._draw()
        self._clock.later(TICK_S, lambda: self._tick(run))
