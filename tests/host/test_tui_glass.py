"""The device's screen in the app is what its panel draws, letter by letter."""

import pytest
from textual.content import Content

from firmware_emu.paint.cells import cells, scroll_marks
from firmware_emu.paint.drawing import Span, draw
from firmware_emu.screens import Screen
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice
from host.tui.app import QuietkeyApp
from host.tui.widgets import glass
from host.tui.widgets.device import SMALLEST
from signer.review import Fact, Kind, Page
from tests.gallery import app_session, app_views
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import press
from tests.goldens import screen_text

LONG = tuple(Fact(f"line {number}", "x") for number in range(20))
SCREENS: dict[str, Screen] = {
    "menu": Menu("Quietkey", ("New wallet", "I have a seed")),
    "letters": Letters("Word 4 of 12"),
    "page": Confirm(Page(Kind.RECIPIENT, "Pay", (Fact("Amount", "25 000 sats"),))),
    "warning": Confirm(Page(Kind.WARNING, "High fee", (Fact("Fee", "31 %"),))),
    "views": Confirm(Page(Kind.RECIPIENT, "Pay", LONG), view=1),
    "notice": Notice("Erased", ("Nothing is left.",), is_alarm=True),
}


def letters(content: Content) -> list[list[tuple[str, bool]]]:
    """Row by row, each letter and whether it is drawn reversed."""
    reversed_ = [False] * len(content.plain)
    for span in content.spans:
        if span.style == "reverse":
            reversed_[span.start : span.end] = [True] * (span.end - span.start)
    rows: list[list[tuple[str, bool]]] = [[]]
    for letter, bar in zip(content.plain, reversed_, strict=True):
        if letter == "\n":
            rows.append([])
        else:
            rows[-1].append((letter, bar))
    return rows


@pytest.mark.parametrize("hold", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("name", SCREENS)
def test_it_is_drawn_as_the_devices_own_letters_are(name: str, hold: float) -> None:
    drawing = draw(SCREENS[name], hold)
    device = [
        [(letter, run.is_reversed) for run in row for letter in run.text] for row in cells(drawing)
    ]
    app = letters(glass.drawn(app_views.view(drawing, "confirm", "unlocked", "")))
    assert [row[: glass.COLUMNS] for row in app] == device
    marks = tuple(row[glass.COLUMNS][0] == glass.SCROLL[0] for row in app)
    assert marks == scroll_marks(drawing)


def test_the_cases_have_bars_warnings_and_more_views() -> None:
    drawings = {name: draw(screen) for name, screen in SCREENS.items()}
    assert drawings["warning"].is_inverted
    assert drawings["menu"].picked == (Span(1, 0, 30),)
    assert drawings["letters"].picked
    assert drawings["views"].scroll[1] > 1


@pytest.mark.parametrize("size", [(SMALLEST[0] - 1, 40), (80, SMALLEST[1] - 1), (10, 5)])
async def test_a_window_too_small_for_the_device_asks_for_room_and_takes_no_yes(
    size: tuple[int, int],
) -> None:
    session = FakeSession(app_session.PAY, funded=True)
    app = QuietkeyApp(opening_of(session), clock=FedClock())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in ("d", "space", "escape"):
            await press(pilot, key)
        assert session.pressed == ["stop"], "only the no is taken"
        assert size[0] < SMALLEST[0] - 1 or "Make the window larger:" in screen_text(app)
        await pilot.resize_terminal(*SMALLEST)
        await press(pilot, "space")
        assert session.pressed == ["stop", "ok"]
        shown = screen_text(app)
        for line in app_session.PAY.lines:
            assert line.rstrip() in shown, "at the smallest size, the screen is whole"
