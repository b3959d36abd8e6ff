"""A stream of grey pictures, one binary PGM after the other, as video tools write to a pipe.

The pictures come from whoever reaches the port, so nothing is believed before it is bounded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

MAX_SIDE: Final = 3840
MAX_PIXELS: Final = 3840 * 2160
MAX_HEADER: Final = 256  # bytes; comments are allowed, novels are not

# "P5", width, height and brightest grey, apart by blanks or comments; then exactly one blank.
_GAP: Final = rb"(?:[ \t\r\n]|#[^\n]*\n)+"
_HEADER: Final = re.compile(
    rb"P5" + _GAP + rb"([0-9]{1,4})" + _GAP + rb"([0-9]{1,4})" + _GAP + rb"255[ \t\r\n]"
)


class BadPicture(Exception):
    """The stream is no sequence of pictures that a camera sends. Nothing after it can be read."""


@dataclass(frozen=True, slots=True)
class GreyPicture:
    """`pixels`: a byte each, row by row from the top left; 0 is dark."""

    width: int
    height: int
    pixels: bytes | bytearray = field(repr=False)

    def header(self) -> bytes:
        """What stands before the pixels in a file."""
        return b"P5 %d %d 255\n" % (self.width, self.height)

    def pgm(self) -> bytes:
        """The picture as a file."""
        return self.header() + self.pixels


class Pictures:
    """Cuts a stream into pictures. It holds at most one unfinished picture."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def unfinished(self) -> int:
        """Bytes of a picture that has not ended."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[GreyPicture]:
        """The pictures that `data` completes. Raises BadPicture."""
        self._buffer += data
        while picture := self._next():
            yield picture

    def _next(self) -> GreyPicture | None:
        header = _HEADER.match(self._buffer, 0, MAX_HEADER)
        if header is None:
            if len(self._buffer) >= MAX_HEADER or not b"P5".startswith(self._buffer[:2]):
                raise BadPicture("A picture starts with P5, its width, its height and 255.")
            return None
        width, height, start = int(header[1]), int(header[2]), header.end()
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
            raise BadPicture(f"A picture of {width} x {height} pixels is not taken.")
        end = start + width * height
        if len(self._buffer) < end:
            return None
        # A large picture is not held twice: the next begins in a buffer of its own (threat T97).
        pixels, self._buffer = self._buffer, self._buffer[end:]
        del pixels[end:], pixels[:start]
        return GreyPicture(width, height, pixels)
