"""Which keys count in the app: none that a person cannot have meant for what is on the screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from host.session.state import Stage
from host.tui.app import QuietkeyApp
from host.tui.keyboard import HAND_OVER_S, HELD_BACK_S, LET_GO_S, Keyboard
from host.tui.widgets.device import AGAIN_S, LONGEST_S, DeviceWidget
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import PASTE, key_event, press, rest, settle

REPEAT_S = 1 / 30
FORM = ("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}25000", "enter")


class Fingers:
    """Keys at given moments, into a keyboard that stands alone."""

    def __init__(self) -> None:
        self.clock = FedClock()
        self.taken: list[str] = []
        self.keyboard = Keyboard(self.clock, lambda event: self.taken.append(event.key))

    def press(self, *keys: str, gap: float = 1.0, typed: bool = False) -> None:
        for key in keys:
            self.clock.advance(gap)
            if self.keyboard.takes(events.Key(key, None), typed=typed):
                self.taken.append(key)

    def rest(self) -> list[str]:
        self.clock.advance(1.0)
        return self.taken


def test_keys_at_a_persons_pace_all_count() -> None:
    fingers = Fingers()
    fingers.press(*"prchnw", gap=0.15)
    assert fingers.rest() == list("prchnw")


def test_two_keys_that_overlap_both_count() -> None:
    fingers = Fingers()
    fingers.press("p", gap=1)
    fingers.press("r", "c", gap=0.03)
    assert fingers.rest() == ["p", "r", "c"]


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.01])
@pytest.mark.parametrize("keys", ["bcrt1qw508d6", "qumfk", " \r \r \r \r"])
def test_a_paste_does_nothing_not_even_its_first_key(keys: str, gap: float) -> None:
    fingers = Fingers()
    fingers.press(*keys, gap=gap)
    assert fingers.rest() == []


def test_a_key_that_is_held_down_is_no_paste() -> None:
    fingers = Fingers()
    fingers.press(*["space"] * 60, gap=1 / 50)
    assert fingers.rest() == ["space"] * 60


def test_what_is_typed_into_a_field_may_come_fast_and_an_enter_in_it_may_not() -> None:
    fingers = Fingers()
    fingers.press(*"bcrt1", gap=0.001, typed=True)
    fingers.press("enter", gap=0.001)
    fingers.press(*"25000", gap=0.001, typed=True)
    assert fingers.rest() == list("bcrt1"), "the second line of a paste goes nowhere"


def test_what_is_typed_does_not_overtake_a_key_that_waits() -> None:
    fingers = Fingers()
    fingers.press("tab")
    fingers.press("1", gap=0.001, typed=True)
    assert fingers.rest() == ["tab", "1"]


@pytest.mark.parametrize("late", [0.0, 0.1, HAND_OVER_S - 0.001])
def test_a_key_right_after_a_hand_over_is_dropped(late: float) -> None:
    fingers = Fingers()
    fingers.keyboard.hand_over()
    fingers.press("space", gap=late)
    assert fingers.rest() == []
    fingers.press("space")
    assert fingers.rest() == ["space"]


def test_a_key_that_waited_for_the_hand_over_is_dropped() -> None:
    fingers = Fingers()
    fingers.press("space")
    fingers.keyboard.hand_over()
    assert fingers.rest() == []


def test_a_key_that_repeats_over_a_hand_over_is_dropped_until_it_is_let_go() -> None:
    fingers = Fingers()
    fingers.press("space")
    fingers.clock.advance(HELD_BACK_S)
    fingers.keyboard.hand_over()
    fingers.press(*["space"] * 100, gap=REPEAT_S)
    assert fingers.rest() == ["space"], "for three seconds, and it never counts"
    fingers.press("space", gap=LET_GO_S)
    assert fingers.rest() == ["space"] * 2


# In the app


@asynccontextmanager
async def app_at(session: FakeSession) -> AsyncIterator["tuple[Pilot[int], QuietkeyApp, FedClock]"]:
    clock = FedClock()
    app = QuietkeyApp(opening_of(session), clock=clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        yield pilot, app, clock


async def train(pilot: "Pilot[int]", clock: FedClock, *keys: str, gap: float = REPEAT_S) -> None:
    for key in keys:
        clock.advance(gap)
        pilot.app.post_message(key_event(key))
        await rest(pilot.app)
    await settle(pilot)


def funded() -> FakeSession:
    return FakeSession(app_session.HOME, funded=True)


async def test_leaning_on_the_key_that_asks_the_device_says_no_yes() -> None:
    session = funded()
    async with app_at(session) as (pilot, app, clock):
        for key in FORM:
            await press(pilot, key)
        clock.advance(1)
        await train(pilot, clock, *["enter"] * 40)
        assert app.state.asking
        assert session.pressed == []
        clock.advance(1)
        await train(pilot, clock, *["enter"] * 3, gap=1)
        assert session.pressed == [], "enter asks, space approves"
        await press(pilot, "space")
        assert session.pressed == ["ok"]


async def test_a_space_held_on_the_page_before_says_no_yes() -> None:
    session = funded()
    async with app_at(session) as (pilot, app, clock):
        for key in (*FORM, "enter"):
            await press(pilot, key)
        assert app.state.asking
        await train(pilot, clock, *["space"] * 30, gap=0.01)
        assert session.pressed == []


async def test_a_paste_of_spaces_and_enters_signs_nothing() -> None:
    session = funded()
    async with app_at(session) as (pilot, app, clock):
        for key in (*FORM, "enter"):
            await press(pilot, key)
        clock.advance(1)
        await train(pilot, clock, *["space", "enter"] * 8, gap=0.001)
        assert session.pressed == []
        assert app.state.payment is not None
        assert app.state.payment.stage is Stage.ASKED


async def test_an_address_pasted_where_no_field_is_does_nothing() -> None:
    session = funded()
    async with app_at(session) as (pilot, app, clock):
        before = app.state
        await train(pilot, clock, *app_session.THEIRS, "q", gap=0.001)
        assert app.state == before
        assert app.is_running


@pytest.mark.parametrize("kind", ["confirm", "notice", "menu", "words", "wait", "home"])
async def test_no_letter_reaches_the_app_while_the_device_has_the_keyboard(kind: str) -> None:
    session = funded()
    async with app_at(session) as (pilot, app, _):
        session.show(replace(app_session.HOME, kind=kind))
        await press(pilot, "d")
        before = app.state
        for key in "prchnwfumbqx?":
            await press(pilot, key)
            assert app.state == before
            assert isinstance(app.focused, DeviceWidget), "no page was turned"
        assert session.pressed == []
        assert session.plugged
        assert app.is_running


@pytest.mark.parametrize("kind", ["home", "menu", "notice", "pinpad", "dice"])
async def test_enter_is_the_devices_yes_where_nothing_is_approved(kind: str) -> None:
    session = funded()
    async with app_at(session) as (pilot, _, _clock):
        session.show(replace(app_session.HOME, kind=kind))
        await press(pilot, "d")
        await press(pilot, "enter")
        assert session.pressed == ["ok"]


async def test_a_turned_page_is_no_hand_over_and_never_lends_the_keyboard() -> None:
    session = funded()
    async with app_at(session) as (pilot, app, clock):
        lent: list[object] = []
        app.watch(app.query_one(DeviceWidget), "has_focus", lent.append, init=False)
        await press(pilot, "p")
        await train(pilot, clock, *"bcrt1", gap=0.05)
        assert app.query_one("#to", Input).value == "bcrt1"
        for key in ("escape", "c", "h", "r"):
            await press(pilot, key)
        assert lent == []


async def test_space_held_down_is_a_train_of_presses() -> None:
    session = funded()
    async with app_at(session) as (pilot, _, clock):
        session.show(app_session.PAY)
        await press(pilot, "d")
        clock.advance(1)
        await train(pilot, clock, *["space"] * 36)
        assert session.pressed == ["ok"] * 36


async def test_the_mouse_held_on_the_yes_is_a_train_of_presses() -> None:
    session = funded()
    async with app_at(session) as (pilot, _, clock):
        await pilot.mouse_down("#press-ok")
        await pilot.pause()
        assert session.pressed == ["ok"]
        for _ in range(24):
            clock.advance(AGAIN_S)
        await pilot.pause()
        assert session.pressed == ["ok"] * 25
        await pilot.mouse_up("#glass")
        clock.advance(10 * AGAIN_S)
        await pilot.pause()
        assert session.pressed == ["ok"] * 25, "wherever it is let go"


async def test_a_mouse_that_is_never_let_go_does_not_press_for_ever() -> None:
    session = funded()
    async with app_at(session) as (pilot, _, clock):
        await pilot.mouse_down("#press-ok")
        for _ in range(200):
            clock.advance(AGAIN_S)
        await pilot.pause()
        assert len(session.pressed) <= LONGEST_S / AGAIN_S + 2


@pytest.mark.parametrize("key", ["stop", "left", "right"])
async def test_the_other_buttons_are_pressed_once(key: str) -> None:
    session = funded()
    async with app_at(session) as (pilot, _, clock):
        await pilot.mouse_down(f"#press-{key}")
        clock.advance(1)
        await pilot.pause()
        assert session.pressed == [key]
