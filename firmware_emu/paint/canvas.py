"""A grey picture: one byte a pixel, row by row from the top left; 0 is dark, 255 is light."""

from collections.abc import Iterable

DARK = 0
LIGHT = 255


class Canvas:
    """`width` x `height` pixels, all dark. What is drawn past an edge is not there."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._pixels = bytearray(width * height)

    def fill(self, x: int, y: int, width: int, height: int, grey: int) -> None:
        """A filled rectangle with its top left corner at `x`, `y`."""
        left, right = max(x, 0), min(x + width, self.width)
        stripe = bytes((grey,)) * (right - left)
        for row in range(max(y, 0), min(y + height, self.height)):
            start = row * self.width
            self._pixels[start + left : start + right] = stripe

    def frame(self, x: int, y: int, width: int, height: int, thick: int, grey: int) -> None:
        """The outline of a rectangle, `thick` pixels wide, drawn inside it."""
        self.fill(x, y, width, thick, grey)
        self.fill(x, y + height - thick, width, thick, grey)
        self.fill(x, y, thick, height, grey)
        self.fill(x + width - thick, y, thick, height, grey)

    def stamp(self, x: int, y: int, rows: Iterable[bytes]) -> None:
        """Ready rows of pixels, one below the other; they must fit."""
        for row, pixels in enumerate(rows, start=y):
            start = row * self.width + x
            self._pixels[start : start + len(pixels)] = pixels

    def pixels(self) -> bytes:
        """All pixels, `width` * `height` bytes."""
        return bytes(self._pixels)

    def pgm(self) -> bytes:
        """The picture as a binary PGM file (P5, 8 bits)."""
        return b"P5\n%d %d\n255\n" % (self.width, self.height) + self._pixels
