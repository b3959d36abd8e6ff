"""Codes that a person draws by hand, as a camera reads them."""

from math import isqrt

from PIL import Image

from firmware_emu.scanner import reader

QUIET, SCALE = 4, 5


def read(zones: list[list[str]]) -> bytes:
    """What is read of zones side by side, each the rows that the device shows of it."""
    across = isqrt(len(zones))
    rows = [
        "".join(zones[first + column][row] for column in range(across))
        for first in range(0, len(zones), across)
        for row in range(len(zones[first]))
    ]
    return decoded(bytes(row[at] == "#" for row in rows for at in range(0, len(row), 2)))


def decoded(modules: bytes | bytearray) -> bytes:
    """What is read of modules, 1 where dark."""
    side = isqrt(len(modules))
    picture = Image.new("L", (side + 2 * QUIET,) * 2, 255)
    for place, is_dark in enumerate(modules):
        if is_dark:
            picture.putpixel((QUIET + place % side, QUIET + place // side), 0)
    size = picture.width * SCALE
    [code] = reader.look(picture.resize((size, size), Image.Resampling.NEAREST))
    return bytes(code)
