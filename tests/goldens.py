"""Screens kept as text beside the tests: what a change to them looks like is seen in its diff."""

import os
from pathlib import Path

from textual.app import App

FOLDER = Path(__file__).parent / "golden"
REDRAW = "QUIETKEY_REDRAW"


def screen_text(app: App[int]) -> str:
    """What is on the screen, row by row, without colours."""
    strips = app.screen._compositor.render_strips(app.size)
    return "".join(f"{strip.text.rstrip()}\n" for strip in strips)


def check(name: str, drawn: str) -> None:
    """Compare with what is kept; with QUIETKEY_REDRAW=1 in the environment, keep it anew."""
    kept = FOLDER / name
    if os.environ.get(REDRAW):
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(drawn, encoding="utf-8")
    assert kept.exists(), f"{name} is not kept yet: look at it, then run with {REDRAW}=1"
    assert drawn == kept.read_text(encoding="utf-8"), f"{name}: if meant, run with {REDRAW}=1"
