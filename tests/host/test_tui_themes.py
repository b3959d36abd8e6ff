"""How the app looks: every letter of real screens can be read, in every theme."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.command import CommandList
from textual.pilot import Pilot

from host import cli, settings
from host.errors import WalletError
from host.settings import THEMES, Settings, ThemeChoice, WalletSettings
from host.tui import palette, theme
from host.tui.app import QuietkeyApp
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import PASTE, SHOTS, SIZES, press, settle, take
from tests.nights import cases

SHOT = {shot.name: shot for shot in SHOTS}
# By day a form with what is wrong in it, a list that lies over all, a warning of the device.
BY_DAY = ("pay-wrong", "commands", "device-warning")
LEAST = {"dark": 4.5, "light": 4.5, "high-contrast": 7.0}  # WCAG 2.2, 1.4.3 and 1.4.6
CASES = cases(list(SHOT), BY_DAY)
Cell = tuple[str, str, str]  # a text, its colour and what it stands on


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of "#rrggbb"."""
    parts = (value / 255 for value in Color.parse(colour).rgb)
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: str, ground: str) -> float:
    dark, light = sorted((luminance(ink), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def segments(app: QuietkeyApp) -> Iterator[tuple[int, int, Segment]]:
    """Where each stands and how it goes to the terminal, filters included."""
    _, ground = app.screen.background_colors
    for row, strip in enumerate(app.screen._compositor.render_strips(app.size)):
        pieces = list(strip)
        for line_filter in app.get_line_filters():
            pieces = line_filter.apply(pieces, ground)
        column = 0
        for piece in pieces:
            yield column, row, piece
            column += piece.cell_length


def letters(app: QuietkeyApp) -> Iterator[Cell]:
    """What is read: no frames, and nothing that a sheet lies over."""
    for column, row, (text, style, _) in segments(app):
        widget, _ = app.screen.get_widget_at(column, row)
        if widget is app.screen or not any(letter.isalnum() for letter in text):
            continue
        assert style is not None
        assert not style.dim, text
        ink, ground = (style.color, style.bgcolor)[:: -1 if style.reverse else 1]
        assert ink is not None
        assert ground is not None
        yield text, ink.get_truecolor().hex, ground.get_truecolor().hex


@pytest.mark.parametrize("screen", CASES)
async def test_every_letter_stands_out_from_its_ground_in_every_theme(screen: str) -> None:
    faint, measured = [], []
    shot = SHOT[screen]

    async def measure(pilot: "Pilot[int]", session: FakeSession) -> None:
        if shot.steps is not None:
            await shot.steps(pilot, session)
        app = pilot.app
        assert isinstance(app, QuietkeyApp)
        for name, least in LEAST.items():
            app.theme = name
            await settle(pilot)
            cells = list(letters(app))
            measured.append(len(cells))
            faint.extend((name, *cell) for cell in cells if contrast(*cell[1:]) < least)

    await take(replace(shot, steps=measure), SIZES[1], lambda _: "")
    assert min(measured) > 3
    assert len(measured) == len(LEAST)
    assert not faint


def test_the_measure_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("without_colour", [False, True])
async def test_a_code_is_black_on_white_in_every_theme(
    monkeypatch: pytest.MonkeyPatch, without_colour: bool
) -> None:
    if without_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    colours = set()

    async def look(pilot: "Pilot[int]", _: FakeSession) -> None:
        app = pilot.app
        assert isinstance(app, QuietkeyApp)
        for name in THEMES:
            app.theme = name
            await settle(pilot)
            colours.update((name, *colour) for colour in _code_colours(app))

    await take(replace(SHOT["receive"], steps=look), SIZES[0], lambda _: "")
    assert colours == {(name, "#000000", "#ffffff") for name in THEMES}


def _code_colours(app: QuietkeyApp) -> Iterator[tuple[str, str]]:
    for _, _, (text, style, _) in segments(app):
        if "▀" in text or "▄" in text:
            assert style is not None
            assert style.color is not None
            assert style.bgcolor is not None
            yield style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex


async def test_no_color_leaves_the_two_colours_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    left = set()

    def look(app: QuietkeyApp) -> str:
        assert app.theme == "terminal"
        for _, _, (text, style, _) in segments(app):
            if style is not None and text.strip():
                left.update(colour for colour in (style.color, style.bgcolor) if colour)
        return ""

    await take(SHOT["pay-wrong"], SIZES[1], look)
    assert {colour.name for colour in left} == {"default"}


async def test_where_there_is_no_colour_the_picked_command_is_underlined() -> None:
    underlined = {}

    def look(app: QuietkeyApp) -> str:
        underlined.update(
            {text: style and style.underline for _, _, (text, style, _) in segments(app)}
        )
        return ""

    await take(SHOT["commands"], SIZES[0], look, "terminal")
    assert underlined["Pay  (p)"]
    assert not underlined["Receive  (r)"]


def test_the_themes_are_those_that_can_be_named() -> None:
    assert tuple(theme.BY_NAME) == THEMES
    assert [each.name for each in theme.BY_NAME.values()] == list(THEMES)
    assert [name for name, _ in palette.THEMES] == list(THEMES)


async def test_the_one_chosen_among_the_commands_is_remembered(tmp_path: Path) -> None:
    config = Settings().remember("everyday", WalletSettings(device="tcp:127.0.0.1:1"))
    settings.save(tmp_path, config)
    opening = opening_of(FakeSession(app_session.HOME, funded=True))
    look = ThemeChoice.of(tmp_path, None)
    app = QuietkeyApp(opening, clock=FedClock(), look=look)
    async with app.run_test(size=SIZES[0]) as pilot:
        assert app.theme == "dark"
        for key in ("ctrl+p", f"{PASTE}theme: light"):
            await press(pilot, key)
        await _until(lambda: _first_command(app).startswith("Theme: light"))
        await press(pilot, "enter")
        await _until(lambda: settings.load(tmp_path).theme != "")
        assert app.theme == "light"
    assert ThemeChoice.of(tmp_path, None).name == "light"
    assert ThemeChoice.of(tmp_path, "terminal").name == "terminal"
    assert settings.load(tmp_path).wallets == config.wallets


def _first_command(app: QuietkeyApp) -> str:
    commands = app.screen.query_one(CommandList)
    return str(commands.get_option_at_index(0).prompt) if commands.option_count else ""


async def _until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110 - a file and a list, which tell nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("words", ["--theme light demo", "demo --theme light", "web --theme light"])
def test_the_theme_can_be_named_for_once(words: str) -> None:
    assert cli.parser().parse_args(words.split()).theme == "light"
    assert cli.parser().parse_args(words.replace("--theme light", "").split()).theme is None


def test_a_theme_that_is_none_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_text('# mine\ntheme = "pink"\n', encoding="utf-8")
    with pytest.raises(WalletError, match=r"line 2: Choose one of dark, light, high-contrast, t"):
        settings.load(tmp_path)
