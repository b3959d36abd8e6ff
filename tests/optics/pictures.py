"""Pictures that a camera makes of a screen, and how many of them are read at the second look."""

import io
import statistics
from collections.abc import Callable, Iterator
from hashlib import shake_256
from itertools import product

from PIL import Image, ImageChops, ImageFilter

from firmware_emu.scanner import reader
from firmware_emu.scanner.looking import Looking
from host import optics
from tests.optics.figures import Figure

TEXT = "UR:CRYPTO-PSBT/1-9/" + "LPADAOCF" * 20
_MOIRE = 20


def drawn(text: str, scale: int) -> Image.Image:
    """The code with its quiet zone, `scale` pixels a module."""
    frame = optics.draw(text, scale)
    return Image.frombytes("L", (frame.width, frame.height), frame.pixels)


def moire(text: str, seed: int) -> Image.Image:
    """A code on a screen whose pixels have gaps, sampled by a camera that is a little turned."""
    code = drawn(text, 2)
    size = (code.width * 4, code.height * 4)
    gap = Image.frombytes("L", (4, 4), b"\xff\xff\xff\0" * 3 + bytes(4))
    grid = Image.new("L", size)
    for x in range(0, size[0], 4):
        grid.paste(gap, (x, 0))
    row = grid.crop((0, 0, size[0], 4))
    for y in range(0, size[1], 4):
        grid.paste(row, (0, y))
    lit = ImageChops.multiply(code.resize(size, Image.Resampling.NEAREST), grid)
    turned = lit.rotate(1 + seed * 0.37, Image.Resampling.BILINEAR, fillcolor=40)
    return turned.resize((312 + seed, 312 + seed), Image.Resampling.NEAREST)


def _noisy(picture: Image.Image) -> Image.Image:
    grain = Image.frombytes("L", picture.size, shake_256(b"grain").digest(len(picture.tobytes())))
    return ImageChops.add(picture, grain.point(lambda grey: 108 + grey * 40 // 255), offset=-128)


def _leaning(picture: Image.Image) -> Image.Image:
    wide, high = picture.size
    corners = (0, 0, wide * 0.05, high, wide * 0.95, high, wide, 0)
    return picture.transform(picture.size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR)


WAYS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "clean": lambda picture: picture,
    "turned by 15 degrees": lambda picture: picture.rotate(15, Image.Resampling.BILINEAR, 1),
    "turned by 45 degrees": lambda picture: picture.rotate(45, Image.Resampling.BILINEAR, 1),
    "leaning": _leaning,
    "blurred by 0.5": lambda picture: picture.filter(ImageFilter.GaussianBlur(0.5)),
    "blurred by 1": lambda picture: picture.filter(ImageFilter.GaussianBlur(1)),
    "noisy": _noisy,
    "of low contrast": lambda picture: picture.point(lambda grey: 90 + grey * 60 // 255),
    "inverted": lambda picture: picture.point(lambda grey: 255 - grey),
    "moved by 3": lambda picture: picture.filter(ImageFilter.BoxBlur((1, 0))),
}


def degraded() -> Iterator[Image.Image]:
    """A code at 3 to 6 pixels a module in a dim room, in each of WAYS, of four sizes."""
    for scale, way, letters in product((3, 4, 5, 6), WAYS.values(), (10, 60, 120, 240)):
        code = drawn("UR:BYTES/" + "LPADAO" * letters, scale)
        room = Image.new("L", (code.width + 60, code.height + 60), 70)
        room.paste(code, (30, 30))
        yield way(room)


def read_by_child(picture: Image.Image) -> bool:
    """Whether the reading process, with its limits, says a code."""
    buffer = io.BytesIO()
    picture.save(buffer, "PPM")
    said: list[dict[str, str]] = []
    with Looking(said.append) as looking:
        looking.file("picture", buffer.getvalue())
    return any("code" in item for item in said)


def figures() -> Iterator[Figure]:
    screens = [moire(TEXT, seed) for seed in range(_MOIRE)]
    first = sum(bool(reader.look(picture)) for picture in screens)
    again = sum(map(read_by_child, screens))
    name = f"moire pictures of {_MOIRE} read by the scanner ({first} at the first look)"
    yield Figure(name, again, "pictures", 16, is_least=True)
    others = list(degraded())
    at_first = [bool(reader.look(picture)) for picture in others]
    at_last = [read_by_child(picture) for picture in others]
    worse = sum(before and not after for before, after in zip(at_first, at_last, strict=True))
    name = f"other pictures of {len(others)} at 3 px a module or more that got worse"
    yield Figure(name, worse, "pictures", 0)
    share = 100 * statistics.fmean(at_last)
    yield Figure("of these, read by the scanner", share, "%", 80, is_least=True)
