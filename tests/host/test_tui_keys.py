"""The table of keys is the only place where a key comes from, and it fits every screen."""

import importlib
import pkgutil

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Input

from host.tui import actions, screens
from host.tui.actions import ROWS, KeyPlace
from host.tui.app import QuietkeyApp
from host.tui.desk import Desk
from host.tui.screens.page import WalletPage
from host.tui.screens.sheet import Sheet
from host.tui.widgets.device import DeviceWidget

KNOWN = {(key, row.action) for row in ROWS for key in row.keys.split(",")}


def parts_of_the_app() -> list[type[DOMNode]]:
    """Every class of ours that can have the keyboard."""
    found: list[type[DOMNode]] = [QuietkeyApp, Desk, DeviceWidget]
    for module in pkgutil.iter_modules(screens.__path__):
        members = vars(importlib.import_module(f"host.tui.screens.{module.name}")).values()
        found += [
            each
            for each in members
            if isinstance(each, type) and issubclass(each, WalletPage | Sheet)
        ]
    return found


@pytest.mark.parametrize("part", parts_of_the_app(), ids=lambda part: part.__name__)
def test_a_key_that_is_not_in_the_table_does_not_exist(part: type[DOMNode]) -> None:
    merged = part._merge_bindings().key_to_bindings
    assert {(key, each.action) for key, group in merged.items() for each in group} <= KNOWN


@pytest.mark.parametrize("place", KeyPlace)
def test_two_keys_of_one_place_do_not_clash(place: KeyPlace) -> None:
    keys = [key for row in actions.rows(place) for key in row.keys.split(",")]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("width", [78, 118])
@pytest.mark.parametrize("place", KeyPlace)
def test_the_footer_fits_and_keeps_the_keys_of_the_place(place: KeyPlace, width: int) -> None:
    shown = actions.fitting(actions.footer(place), width)
    line = "  ".join(f"{row.sign} {row.label}" for row in shown)
    assert len(line) <= width
    assert {row for row in actions.rows(place) if row.rank == 0} <= set(shown)


def test_no_key_of_ours_takes_a_letter_from_a_field() -> None:
    letters = {key for row in actions.rows(KeyPlace.FORM) for key in row.keys.split(",")}
    assert not any(len(key) == 1 for key in letters)
    assert issubclass(Input, DOMNode)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.place.name}-{row.keys}")
def test_help_for_a_key_is_a_short_sentence(row: actions.KeyRow) -> None:
    assert row.help.endswith(".")
    assert "!" not in row.help
    assert len(row.help) <= 45
    assert Binding(row.keys, row.action)
