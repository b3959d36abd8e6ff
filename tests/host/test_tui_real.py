"""The app on its real parts: a device process, three nodes, and keys pressed in the app alone."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from host.demo.finger import Finger
from host.demo.parts import Parts
from host.tui.app import QuietkeyApp
from host.tui.behind import Behind
from host.tui.gallery import still
from host.tui.gallery.scenes import PASTE, press
from host.tui.now import Now, Stage
from tests.goldens import screen_text

PIN, WRONG_PIN = "274186", "111111"
PATIENCE_S = 20


class Watcher:
    """Waits for what the app comes to show."""

    def __init__(self, pilot: Pilot[int], app: QuietkeyApp) -> None:
        self._pilot = pilot
        self._app = app
        self._changed = asyncio.Event()
        app.watch(app, "now", self._changed.set)

    async def sees(self, wanted: Callable[[Now], bool]) -> Now:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not wanted(self._app.now):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pytest.fail(f"This never came; the app shows:\n{screen_text(self._app)}")
        return self._app.now

    async def presses(self, *keys: str) -> None:
        for key in keys:
            await press(self._pilot, key)

    async def reviews(self) -> None:
        """Press ✓ on each page that the device shows, to the end."""
        while True:
            now = await self.sees(lambda now: shows(now, "confirm") or past(now, Stage.SIGNED))
            if past(now, Stage.SIGNED) or now.view is None:
                return
            page = now.view.seq
            await self.presses("enter")
            await self.sees(lambda now, page=page: now.view is not None and now.view.seq > page)


def shows(now: Now, kind: str) -> bool:
    return now.view is not None and now.view.kind == kind


def past(now: Now, stage: Stage) -> bool:
    return now.payment is not None and now.payment.stage.value >= stage.value


@pytest.mark.timeout(180)
async def test_a_person_pays_after_a_no_a_pulled_cable_a_wrong_pin_and_a_dead_node(
    tmp_path: Path,
) -> None:
    parts = await Parts.start(tmp_path, "tcp")

    async def start(_: Callable[[str], None]) -> Behind:
        return Behind(parts)

    app = QuietkeyApp(start, link="tcp")
    async with app.run_test(size=(120, 40)) as pilot:
        person = Watcher(pilot, app)
        await person.sees(lambda now: shows(now, "menu") and len(now.nodes) == 3)
        await Finger(parts.control).set_up(PIN)
        await person.sees(lambda now: now.purse is not None and now.synced)
        await person.presses("f")
        await person.sees(lambda now: now.purse is not None and now.purse.confirmed_sats > 0)
        await person.presses("p", f"{PASTE}{still.THEIRS}", "tab", f"{PASTE}25000", "enter")
        await person.sees(lambda now: now.payment is not None)

        await person.presses("enter")
        await person.sees(lambda now: shows(now, "confirm"))
        await person.presses("escape")
        await person.sees(lambda now: "said no" in problem(now))

        await person.presses("enter")
        await person.sees(lambda now: shows(now, "confirm"))
        await person.presses("u")
        await person.sees(lambda now: bool(problem(now)) and not now.plugged)
        await person.presses("u")
        await person.sees(lambda now: now.plugged and shows(now, "notice"))
        await person.presses("d", "enter")
        await person.sees(lambda now: shows(now, "home"))

        await person.presses("enter")
        menu = await person.sees(lambda now: shows(now, "menu"))
        assert "▸ Lock" in text(menu)
        await person.presses("enter")
        await person.sees(lambda now: now.view is not None and now.view.state == "locked")
        await person.presses("tab", "enter")
        await person.sees(lambda now: shows(now, "pinpad"))
        await person.presses(*WRONG_PIN, "enter")
        await person.sees(lambda now: shows(now, "notice") and "tries left" in text(now))
        await person.presses("enter")
        await person.sees(lambda now: shows(now, "pinpad"))
        await person.presses(*PIN, "enter")
        await person.sees(lambda now: shows(now, "confirm"))

        await person.presses("n", "k", "d")
        await person.sees(lambda now: now.peers == 2)
        await person.reviews()
        sent = await person.sees(lambda now: past(now, Stage.SPREAD))
        assert sent.payment is not None
        assert sent.payment.spread is not None
        assert (sent.payment.spread.announced, sent.payment.spread.echoed) == (1, 1)

        await person.presses("m")
        done = await person.sees(lambda now: past(now, Stage.CONFIRMED))
        assert done.purse is not None
        assert done.payment is not None
        assert done.purse.confirmed_sats == 5_000_000 - 25_000 - done.payment.bill.fee_sats
    assert parts.device is None, "leaving the app ends what it started"


def problem(now: Now) -> str:
    return now.payment.problem if now.payment else ""


def text(now: Now) -> str:
    return " ".join(now.view.lines) if now.view else ""
