"""Drawing QR codes and reading them back from pixels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host import optics
from host.errors import HostError
from host.values import Frame

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


@given(st.text(ALPHANUMERIC, min_size=1, max_size=600), st.integers(2, 4))
def test_what_is_drawn_is_read(text: str, pixels_per_module: int) -> None:
    assert optics.read(optics.draw(text, pixels_per_module)) == (text.encode(),)


def test_a_series_is_drawn_at_one_size() -> None:
    texts = ("A", "B" * 195, "C" * 300)
    assert optics.version_for(texts[:2]) == 6
    version = optics.version_for(texts)
    assert version == 9
    sides = {(frame.width, frame.height) for frame in (optics.draw(t, 2, version) for t in texts)}
    assert sides == {(2 * (53 + 8), 2 * (53 + 8))}


def test_a_code_has_a_light_margin_of_four_modules() -> None:
    frame = optics.draw("A", pixels_per_module=3)
    rows = [frame.pixels[i : i + frame.width] for i in range(0, len(frame.pixels), frame.width)]
    light = b"\xff" * frame.width
    assert rows[:12] == rows[-12:] == [light] * 12
    assert all(row[:12] == row[-12:] == b"\xff" * 12 for row in rows)
    assert rows[12][12] == 0


@pytest.mark.parametrize("text", ["", "A" * 4297])
def test_what_fits_no_code_is_a_sentence(text: str) -> None:
    with pytest.raises(HostError, match="QR code"):
        optics.draw(text)


def test_a_picture_without_a_code_holds_nothing() -> None:
    assert optics.read(Frame(64, 64, bytes(64 * 64))) == ()


def test_a_frame_as_a_file_says_its_size() -> None:
    assert Frame(3, 2, b"abcdef").pgm() == b"P5\n3 2\n255\nabcdef"
