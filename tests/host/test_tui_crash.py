"""What is left on the terminal after an error of the app's own: its kind and place, no value."""

import re

import pytest

from host.errors import HostError
from host.tui import crash
from host.tui.app import QuietkeyApp
from host.values import Draft
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import press

SECRET = "abandon-zoo-4711"


class Broken(FakeSession):
    """A session with a mistake in it, next to something nobody should read."""

    async def draft(self, *_: object) -> Draft:
        pin = SECRET
        raise KeyError(pin)


async def test_a_crash_prints_no_value_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    opening = opening_of(Broken(app_session.HOME, funded=True))

    async def crash_it() -> None:
        async with QuietkeyApp(opening, clock=FedClock()).run_test() as pilot:
            await pilot.pause()
            for key in ("p", *app_session.THEIRS, "tab", *"25000", "enter"):
                await press(pilot, key)

    with pytest.raises(Exception, match="KeyError"):
        await crash_it()
    printed = capsys.readouterr().err
    assert "Quietkey met an error of its own" in printed
    assert re.search(r"\[KeyError at \S+ line \d+ in draft\]", printed)
    assert SECRET not in printed
    assert app_session.THEIRS not in printed
    assert "Traceback" not in printed


def test_an_error_for_a_person_is_shown_as_it_stands() -> None:
    assert crash.notice(HostError("The cable was pulled.")) == "The cable was pulled."


def test_what_is_kept_is_not_promised_where_nothing_is() -> None:
    assert "the seed is in the device" in crash.notice(ValueError(SECRET))
    gone = crash.notice(ValueError(SECRET), keeps=False)
    assert "This demo kept nothing" in gone
    assert "the seed is in the device" not in gone


def test_an_error_without_a_place_app_session_has_a_notice() -> None:
    notice = crash.notice(ValueError(SECRET))
    assert "[ValueError at an unknown place]" in notice
    assert SECRET not in notice
