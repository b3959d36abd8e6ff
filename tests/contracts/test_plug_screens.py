"""Every screen of the device, as a real conversation shows it: it fits whatever is pressed."""

import importlib
import inspect
import pkgutil
from functools import cache

import pytest

from firmware_emu import screens
from firmware_emu.paint.paint import paint
from firmware_emu.screens import COLUMNS, ROWS, Answer, Key, Screen
from tests.gallery import device as gallery


def kinds() -> dict[str, str]:
    """The kinds of screen there are, and the module of each."""
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(screens.__path__, f"{screens.__name__}.")
    ]
    found = [
        (kind.kind, module.__name__)
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and isinstance(getattr(kind, "kind", None), str)
    ]
    assert len(dict(found)) == len(found), "two screens have one kind"
    return dict(found)


@cache
def shown() -> dict[str, list[Screen]]:
    """The screens of all conversations in the gallery, by kind."""
    seen: dict[str, list[Screen]] = {}
    for look in gallery.looks():
        seen.setdefault(look.screen.kind, []).append(look.screen)
    return seen


@pytest.mark.parametrize("kind", kinds())
def test_a_screen_fits_the_panel_whatever_is_pressed(kind: str) -> None:
    assert kind in shown(), f"no conversation of tests/gallery/device.py shows {kinds()[kind]}"
    for screen in shown()[kind]:
        for look in (screen, *(screen.press(key) for key in Key)):
            if not isinstance(look, Answer):
                assert len(look.lines()) <= ROWS
                assert all(len(line) <= COLUMNS for line in look.lines())
                assert any(paint(look).pixels())
