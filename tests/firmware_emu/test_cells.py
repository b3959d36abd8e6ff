"""The panel in letters: the bars, the inversion and the codes that it has in pixels."""

import pytest
import zxingcpp
from PIL import Image

from firmware_emu.paint.canvas import LIGHT
from firmware_emu.paint.cells import NARROW, Row, cells, code_cells, scroll_marks
from firmware_emu.paint.drawing import Drawing, draw
from firmware_emu.paint.font import HEIGHT, WIDTH
from firmware_emu.paint.paint import paint
from firmware_emu.paint.qr import modules
from firmware_emu.screens import COLUMNS, ROWS
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice, Question
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.qr import Qr
from signer.review import Fact, Kind, Page
from tests.gallery import device as gallery
from tests.nights import AT_NIGHT

TALL = Confirm(Page(Kind.DETAIL, "Details", tuple(Fact("", f"fact {n}") for n in range(20))))


def reversed_text(row: Row) -> str:
    return "".join(run.text for run in row if run.is_reversed)


@AT_NIGHT
def test_letters_are_reversed_where_pixels_are() -> None:
    """One description, two renderers: what stands out in one stands out in the other."""
    for look in gallery.looks():
        if not isinstance(look.screen, Qr):
            compare(look)


def compare(look: gallery.Look) -> None:
    """Letter by letter."""
    canvas = paint(look.screen)
    pixels = canvas.pixels()
    for number, row in enumerate(cells(draw(look.screen))):
        is_reversed = [run.is_reversed for run in row for _ in run.text]
        assert len(is_reversed) == COLUMNS, look.name
        for column in range(COLUMNS):
            # Under the line that ends the title, and above the one that begins the buttons.
            at = (number * HEIGHT + HEIGHT - 1) * canvas.width + column * WIDTH
            assert is_reversed[column] == (pixels[at] == LIGHT), (look.name, number, column)


def test_a_long_press_is_a_bar_over_the_buttons() -> None:
    question = Question("Erase the seed?", ("Gone.",), "erase", hold=True)
    assert reversed_text(cells(draw(question))[-1]) == ""
    assert reversed_text(cells(draw(question, 0.5))[-1]) == question.lines()[-1][:15]
    assert reversed_text(cells(draw(question, 1.0))[-1]) == question.lines()[-1]
    bars = [paint(question, hold).pixels()[-canvas_row:].count(LIGHT) for hold in (0.0, 0.5, 1.0)]
    assert bars == sorted(set(bars))


canvas_row = COLUMNS * WIDTH


def test_the_cursor_is_a_bar_without_its_brackets() -> None:
    row = cells(draw(PinPad("PIN", "0123456789", cursor=1)))[4]
    assert reversed_text(row) == " 1 "
    assert reversed_text(cells(draw(Menu("Menu", ("one", "two"), 1)))[2]) == "▸ two".ljust(COLUMNS)


def test_an_alarm_is_inverted_as_a_warning_is() -> None:
    assert draw(Notice("Stop", ("Do not use this address.",), is_alarm=True)).is_inverted
    assert not draw(Notice("Stop", ("You stopped it.",))).is_inverted


def test_every_view_of_many_has_its_place_at_the_edge() -> None:
    view, views = TALL.scroll
    assert (view, views) == (0, 3)
    seen = [scroll_marks(draw(Confirm(TALL.page, view=view))) for view in range(views)]
    for number in range(1, ROWS - 1):
        assert any(marks[number] for marks in seen)
    assert all(marks.count(True) in (2, 3) for marks in seen)
    assert not any(scroll_marks(Drawing(("",) * ROWS)))
    edges = [paint(Confirm(TALL.page, view=view)).pixels()[239::240] for view in range(views)]
    assert len(set(edges)) == views


@pytest.mark.parametrize(("width", "height"), [(40, 20), (80, 24), (200, 60)])
def test_a_code_in_half_blocks_is_read_by_a_camera_at_every_scale(width: int, height: int) -> None:
    text = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    drawn = code_cells(modules(text), width, height)
    assert len(drawn) <= height
    assert len(drawn[0][0].text) <= width
    assert read(drawn) == text


def read(rows: tuple[Row, ...]) -> str:
    """What a camera reads from letters of two modules, black on white."""
    ink = {"█": (0, 0), "▀": (0, 255), "▄": (255, 0), " ": (255, 255)}
    halves = [[ink[sign][half] for sign in row[0].text] for row in rows for half in (0, 1)]
    picture = Image.frombytes("L", (len(halves[0]), len(halves)), b"".join(map(bytes, halves)))
    picture = picture.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST)
    return zxingcpp.read_barcodes(picture)[0].text


def test_a_code_that_does_not_fit_is_not_drawn() -> None:
    code = modules("x" * 200)
    side = len(code) + 2 * NARROW
    assert code_cells(code, side, -(-side // 2)) != ()
    assert code_cells(code, side - 1, 100) == ()
    assert code_cells(code, 200, side // 2 - 1) == ()
    assert code_cells((), 80, 24) == ()
