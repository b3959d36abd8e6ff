"""A wide window is used: how much of it is filled, of a real wallet that looks at a network."""

import re
from pathlib import Path

import pytest
from textual.pilot import Pilot

from host import settings
from host.session import charts
from host.session.plots import Bar
from host.session.remembered import opening
from host.tui.app import QuietkeyApp
from tests import goldens
from tests.gallery.app_clock import FedClock
from tests.goldens import screen_text
from tests.host.pilots import Watcher
from tests.nights import cases
from tests.scale.home import NAME, home

FRAMES = "│─╭╮╰╯"
PAYMENTS, COINS = 40, 12
# Of all cells, frames not counted: of the home page, of any other. A life of 40 payments does not
# fill the largest window.
BARS = {(160, 50): (0.20, 0.10), (200, 60): (0.15, 0.09), (120, 40): (0.20, 0.10)}
PAGES = ("c", "h", "r", "n", "t", "p", "e", "i")


def filled(text: str, columns: int, rows: int) -> float:
    """The share of a window's cells that show something."""
    signs = sum(not letter.isspace() and letter not in FRAMES for letter in text)
    return signs / (columns * rows)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("size", cases(BARS, [(160, 50)]))
async def test_no_page_of_a_wide_window_is_nine_tenths_empty(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with home(tmp_path, PAYMENTS, COINS):
        wallet = settings.load(tmp_path).wallets[NAME]
        app = QuietkeyApp(opening(tmp_path, NAME, wallet), clock=FedClock())
        async with app.run_test(size=size) as pilot:
            person = Watcher(pilot, app)
            await person.sees(lambda state: state.synced and state.overview is not None)
            shares = {"home": await _share(pilot, app)}
            for key in PAGES:
                await person.presses(key)
                shares[key] = await _share(pilot, app)
                await person.presses("escape")
    of_home, of_any = BARS[size]
    assert shares.pop("home") >= of_home, shares
    assert min(shares.values()) >= of_any, shares


async def _share(pilot: Pilot[int], app: QuietkeyApp) -> float:
    await pilot.pause()
    return filled(screen_text(app), *app.size)


def test_what_is_drawn_beside_the_page_is_drawn_once() -> None:
    for name in ("home", "home-long"):
        assert kept(name, (160, 50)).count("Balance over time") == 1
        assert "Balance over time" not in kept(name, (80, 24))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("history-sent", "Txid"),
        ("history-replaced", "New txid"),
        ("history-fee", "Txid"),
        ("history-label", "Txid"),
        ("pay-sent", "Txid"),
        ("history-bump", "Replaces"),
    ],
)
def test_a_whole_txid_stands_beside_its_label(name: str, label: str, size: tuple[int, int]) -> None:
    assert re.search(rf"│  {label} +[0-9a-f]{{64}} ", kept(name, size))


def kept(name: str, size: tuple[int, int]) -> str:
    """A screen as test_tui_golden compares it."""
    path = goldens.FOLDER / "tui" / f"{name}-{size[0]}x{size[1]}.txt"
    return path.read_text(encoding="utf-8")


def test_a_bar_without_room_beside_its_name_has_a_line_of_its_own() -> None:
    bars = (Bar("under half a year", 1_000, 1), Bar("older", 500, 1))
    assert charts.bars(bars, 30, "sats") == [
        "under half a year   1 000 sats",
        "█" * 30,
        "older                 500 sats",
        "█" * 15 + " " * 15,
    ]
    assert len(charts.bars(bars, 40, "sats")) == 2
