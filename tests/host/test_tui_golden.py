"""Every screen of the app as it was when somebody last looked at it, at each size."""

import unicodedata

import pytest

from tests import goldens
from tests.gallery.app_shots import SHOTS, SIZES, Shot, sizes, take
from tests.nights import AT_NIGHT

# By day each at one of the two usual sizes, by turns.
CASES = [
    pytest.param(
        shot,
        size,
        id=f"{shot.name}-{size[0]}x{size[1]}",
        marks=() if size == SIZES[place % len(SIZES)] else AT_NIGHT,
    )
    for place, shot in enumerate(SHOTS)
    for size in sizes(shot)
]
# The palette is Textual's own: it scrolls a list that is longer than the screen.
FOOTLESS = {"commands"}


@pytest.mark.parametrize(("shot", "size"), CASES)
async def test_a_screen_looks_as_it_was_last_seen(shot: Shot, size: tuple[int, int]) -> None:
    drawn = await take(shot, size, goldens.screen_text)
    goldens.check(f"tui/{shot.name}-{size[0]}x{size[1]}.txt", drawn)
    _fits(drawn, size)
    if shot.name not in FOOTLESS:
        assert _names_keys(drawn), "the last lines name no key"


def _fits(drawn: str, size: tuple[int, int]) -> None:
    rows = drawn.splitlines()
    assert len(rows) == size[1]
    assert all(len(row) <= size[0] for row in rows)
    assert not any(unicodedata.east_asian_width(letter) in "WF" for letter in drawn)


def _names_keys(drawn: str) -> bool:
    last = " ".join(drawn.splitlines()[-8:])
    return any(key in last for key in ("q Quit", "esc ", "tab Wallet"))


def test_every_screen_of_the_table_is_in_the_gallery() -> None:
    shown = {shot.name.split("-")[0] for shot in SHOTS}
    assert {"welcome", "home", "pay", "receive", "coins", "history", "network", "help"} <= shown


def test_no_sentence_on_any_screen_shouts() -> None:
    kept = [each.read_text(encoding="utf-8") for each in (goldens.FOLDER / "tui").iterdir()]
    assert kept
    assert not any("!" in drawn for drawn in kept)


def test_nothing_is_kept_of_a_screen_that_is_gone() -> None:
    shown = {f"{shot.name}-{wide}x{high}.txt" for shot in SHOTS for wide, high in sizes(shot)}
    assert {each.name for each in (goldens.FOLDER / "tui").iterdir()} == shown
