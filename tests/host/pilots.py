"""Somebody who presses keys in the app and waits for what it comes to show."""

import asyncio
import re
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from host.demo.control import PanelClient
from host.session.state import AppState, Stage
from host.tui.app import QuietkeyApp
from tests.gallery.app_shots import press
from tests.goldens import screen_text

PATIENCE_S = 20


class Watcher:
    """Keys in, states and words out."""

    def __init__(self, pilot: Pilot[int], app: QuietkeyApp) -> None:
        self._pilot = pilot
        self._app = app
        self._changed = asyncio.Event()
        app.watch(app, "state", self._changed.set)

    @property
    def state(self) -> AppState:
        """As it is now."""
        return self._app.state

    async def sees(self, wanted: Callable[[AppState], object]) -> AppState:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not wanted(self._app.state):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pytest.fail(f"This never came; the app shows:\n{screen_text(self._app)}")
        return self._app.state

    async def presses(self, *keys: str) -> None:
        for key in keys:
            await press(self._pilot, key)

    async def reads(self) -> str:
        """What is on the screen, words only, lines joined: a sentence may be wrapped."""
        await self._pilot.pause()
        rows = screen_text(self._app).replace("\N{NO-BREAK SPACE}", " ").splitlines()
        halves = [re.split("││|╮╭|╯╰", row) for row in rows]
        panels = [half[0] for half in halves] + [half[1] for half in halves if len(half) > 1]
        return re.sub(r"[│╭╮╰╯─▌▐▛▜▙▟▀▄█\s]+", " ", " ".join(panels))


class Reviewer(Watcher):
    """Also reads what the device asks, and gives it the time that a person takes for it."""

    control: PanelClient

    async def presses(self, *keys: str) -> None:
        for key in keys:
            await self.lets_pass(1.0)
            await super().presses(key)

    async def lets_pass(self, seconds: float) -> None:
        """On the device's clock."""
        await self.control._lines.ask({"advance": seconds})

    async def holds(self) -> None:
        """Keep ✓ down. Not by keys of the app: a busy machine leaves gaps between them."""
        await self.control.press_at_once("hold")

    async def reviews(self) -> None:
        """Press ✓ on each page that the device shows, to the end."""
        while True:
            state = await self.sees(
                lambda state: shows(state, "confirm") or past(state, Stage.SIGNED)
            )
            if past(state, Stage.SIGNED) or state.view is None:
                return
            page = state.view.seq
            await (self.holds() if "hold" in state.view.lines[-1] else self.presses("space"))
            await self.sees(lambda state, page=page: state.view and state.view.seq > page)


def shows(state: AppState, kind: str) -> bool:
    return state.view is not None and state.view.kind == kind


def past(state: AppState, stage: Stage) -> bool:
    return state.payment is not None and state.payment.stage.value >= stage.value
