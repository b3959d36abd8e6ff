"""The panel in pixels, and every screen of the device as it was last agreed on."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from firmware_emu.paint import font
from firmware_emu.paint.canvas import DARK, LIGHT, Canvas
from firmware_emu.paint.paint import paint
from firmware_emu.screens import COLUMNS, ROWS
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.home import Home
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.qr import Qr, animated
from signer.formats.qr.shower import Shower
from signer.review import Fact, Kind, Page, Shape
from tests.gallery import device as gallery
from tests.nights import AT_NIGHT

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"


def row_of(canvas: Canvas, row: int) -> bytes:
    """The pixels of one text row."""
    size = canvas.width * font.HEIGHT
    return canvas.pixels()[row * size : (row + 1) * size]


def cell_of(canvas: Canvas, row: int, column: int) -> bytes:
    """The pixels of one sign."""
    pixels, left = row_of(canvas, row), column * font.WIDTH
    starts = range(left, len(pixels), canvas.width)
    return b"".join(pixels[start : start + font.WIDTH] for start in starts)


def share_light(pixels: bytes) -> float:
    return pixels.count(LIGHT) / len(pixels)


def test_every_printable_character_has_a_drawing_of_its_own() -> None:
    printable = [chr(code) for code in range(32, 127)]
    drawings = {font.glyph(sign, LIGHT, DARK) for sign in printable}
    assert len(drawings) == len(printable)


def test_every_sign_fills_its_cell_and_no_more() -> None:
    for sign in set(font._drawings()):
        rows = font.glyph(sign, LIGHT, DARK)
        assert [len(row) for row in rows] == [font.WIDTH] * font.HEIGHT
        assert {pixel for row in rows for pixel in row} <= {LIGHT, DARK}


def test_a_sign_without_a_drawing_is_a_box_and_never_nothing() -> None:
    assert font.glyph("漢", LIGHT, DARK) == font.glyph("字", LIGHT, DARK)
    assert font.glyph("漢", LIGHT, DARK) not in {
        font.glyph(sign, LIGHT, DARK) for sign in set(font._drawings())
    }


def test_every_sign_on_every_screen_was_drawn() -> None:
    shown = {sign for look in gallery.looks() for line in look.seen.lines for sign in line}
    assert shown <= set(font._drawings())


def test_the_title_stands_out() -> None:
    canvas = paint(Home("577E57"))
    assert share_light(row_of(canvas, 0)) > 0.6
    assert share_light(row_of(canvas, 5)) < 0.1


def test_the_picked_item_stands_out_and_only_it() -> None:
    canvas = paint(Menu("Menu", ("one", "two", "three"), 1))
    light = [share_light(row_of(canvas, row)) > 0.5 for row in range(1, 5)]
    assert light == [False, True, False, False]


def test_a_warning_looks_unlike_any_other_page() -> None:
    facts = (Fact("", "Fee is 31 % of the payment."),)
    warning = paint(Confirm(Page(Kind.WARNING, "High fee", facts)))
    page = paint(Confirm(Page(Kind.DETAIL, "High fee", facts)))
    assert all(share_light(row_of(warning, row)) > 0.5 for row in range(1, ROWS - 1))
    assert all(share_light(row_of(page, row)) < 0.5 for row in range(1, ROWS - 1))


def test_all_groups_of_an_address_are_equally_bright() -> None:
    """T31: who forges a lookalike matches the first and the last group, so neither stands out."""
    address = Fact("", "88888888" * 6, shape=Shape.ADDRESS)
    canvas = paint(Confirm(Page(Kind.RECIPIENT, "Pay", (address,))))
    cells = [cell_of(canvas, row, column) for row in (1, 2) for column in range(29)]
    ink = [cell for number, cell in enumerate(cells) if number % 29 % 5 != 4]
    assert len(ink) == 48
    assert set(ink) == {ink[0]}


def test_text_longer_than_the_panel_does_not_wrap_into_the_next_line() -> None:
    class Long(Notice):
        def lines(self) -> tuple[str, ...]:
            return ("t" * 100, "b" * 100)

    canvas = paint(Long("", ()))
    same = paint(Notice("", ()))
    assert row_of(canvas, 2) == row_of(same, 2)


@pytest.mark.parametrize(
    "frames",
    [
        ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",),
        ("UR:CRYPTO-PSBT/1-2/" + "LPADAX" * 60, "UR:CRYPTO-PSBT/2-2/" + "HDCX" * 40),
    ],
)
def test_a_qr_code_on_the_panel_can_be_read_by_a_camera(frames: tuple[str, ...]) -> None:
    for index, frame in enumerate(frames):
        canvas = paint(Qr("Signed", Shower(frames, shown=index)))
        size = (canvas.width, canvas.height)
        (code,) = zxingcpp.read_barcodes(Image.frombytes("L", size, canvas.pixels()))
        assert code.text == frame


def test_a_qr_code_that_cannot_be_shown_whole_is_not_shown() -> None:
    with pytest.raises(ValueError, match="too large"):
        paint(animated("Signed", ("x" * 2900,)))


def test_a_canvas_forgets_what_is_drawn_past_its_edges() -> None:
    canvas = Canvas(4, 3)
    canvas.fill(-2, -2, 100, 3, LIGHT)
    canvas.fill(3, 0, 100, 100, 7)
    canvas.fill(10, 10, 5, 5, LIGHT)
    assert canvas.pixels() == bytes([LIGHT, LIGHT, LIGHT, 7, 0, 0, 0, 7, 0, 0, 0, 7])


def test_a_pgm_file_says_its_size_and_holds_the_pixels() -> None:
    canvas = Canvas(3, 2)
    canvas.fill(1, 0, 1, 2, LIGHT)
    assert canvas.pgm() == b"P5\n3 2\n255\n" + bytes([0, LIGHT, 0, 0, LIGHT, 0])


# Every screen, from real conversations


def golden(name: str, now: str) -> str:
    """What was agreed on; with QUIETKEY_GOLDEN=write it is `now` from here on."""
    path = GOLDEN / name
    if os.environ.get("QUIETKEY_GOLDEN") == "write":
        path.write_text(now, encoding="utf-8")
    return path.read_text("utf-8")


def test_every_screen_reads_as_agreed() -> None:
    now = gallery.text(gallery.looks())
    assert now == golden("device_screens.txt", now)


def test_every_screen_looks_as_agreed() -> None:
    hashes = {
        look.name: hashlib.sha256(look.canvas.pixels()).hexdigest()[:16] for look in gallery.looks()
    }
    now = json.dumps(hashes, indent=1) + "\n"
    assert hashes == json.loads(golden("device_pixels.json", now))


def test_no_screen_is_larger_than_the_panel() -> None:
    for look in gallery.looks():
        assert len(look.seen.lines) <= ROWS, look.name
        assert max(map(len, look.seen.lines)) <= COLUMNS, look.name


def test_all_kinds_of_screens_are_in_the_gallery() -> None:
    modules = (ROOT / "firmware_emu" / "screens").rglob("*.py")
    kinds = {look.seen.kind for look in gallery.looks()}
    missing = {path.stem.replace("_", "") for path in modules} - kinds - {"init", "layout"}
    assert missing - {"viewfinder"} == set()


@AT_NIGHT
def test_the_gallery_is_a_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.gallery.device", str(tmp_path / "pictures")]
    subprocess.run(command, check=True, cwd=ROOT, timeout=100)
    pictures = sorted(path.stem for path in (tmp_path / "pictures").glob("*.png"))
    assert pictures == sorted(look.name for look in gallery.looks())
    whole = (tmp_path / "pictures" / "screens.txt").read_text("utf-8")
    assert whole == gallery.text(gallery.looks())
