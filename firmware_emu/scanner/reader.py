"""The child that opens strangers' pictures. It may die of one, and takes nothing with it (T119).

A picture in: its length in 4 bytes, then any common form. A line of JSON out for each of its
frames: the codes in hex; then null. What takes too long or too much memory ends the process.
With a size ("60x34") for an argument, before the codes of a frame a small view of it: see `_view`.
"""

import io
import json
import signal
import sys
from collections.abc import Iterator
from typing import BinaryIO, TextIO

import zxingcpp
from PIL import Image, ImageFilter, ImageSequence, UnidentifiedImageError

from firmware_emu.scanner import preview

MOST_S = 0.28  # of the processor, for a frame; the system's clock ticks later: 0.3 at most
MOST_PIXELS = 3840 * 2160
MOST_FRAMES = 5000
_MEMORY = 2 << 30  # bytes of addresses; a decoded picture in 4K and its blurred copy take 60 MB
_BLUR = 1.5  # pixels: takes away the grid of a screen that was photographed
_SMALLEST = 21  # modules of the smallest code
# Micro codes are seen in any noise, and nobody in the field shows one.
_QR = zxingcpp.barcode_formats_from_str("QRCodeModel2")


def codes(picture: Image.Image) -> tuple[bytes, ...]:
    """The contents of every QR code in a grey picture, each once; a second look finds moire."""
    if min(picture.size) < _SMALLEST:
        return ()
    return look(picture) or look(picture.filter(ImageFilter.GaussianBlur(_BLUR)))


def frames(data: bytes) -> Iterator[Image.Image]:
    """Every frame of a picture as grey. Raises OSError or ValueError for what is none."""
    Image.MAX_IMAGE_PIXELS = 2 * MOST_PIXELS  # above it Pillow warns; ours is the lower limit
    with Image.open(io.BytesIO(data)) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too large")
        for number, frame in enumerate(ImageSequence.Iterator(picture)):
            if number == MOST_FRAMES:
                return
            yield _on_white(frame)


def _on_white(frame: Image.Image) -> Image.Image:
    if frame.has_transparency_data:
        frame = frame.convert("RGBA")
        ground = Image.new("RGBA", frame.size, "white")
        frame = Image.alpha_composite(ground, frame)
    return frame.convert("L")


def look(picture: Image.Image) -> tuple[bytes, ...]:
    """What is seen at the first look."""
    view = memoryview(picture.tobytes()).cast("B", (picture.height, picture.width))
    barcodes = zxingcpp.read_barcodes(view, formats=_QR)
    return tuple(dict.fromkeys(code.bytes for code in barcodes if code.valid))


def _answer(data: bytes, output: TextIO, views: "_Views | None") -> None:
    try:
        for frame in frames(data):
            _limit_time()
            if views:
                _say(output, views.of(frame))
            _say(output, [code.hex() for code in codes(frame)])
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        _say(output, {"unread": True})
    _say(output, None)


class _Views:
    """Small views of frames that follow each other, of `size` pixels at most."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._last: Image.Image | None = None

    def of(self, frame: Image.Image) -> dict[str, str]:
        """The view's `width` and its greys in hex, row by row; `pixels` a module and `advice`."""
        view = preview.small(frame, self._size)
        exposure = preview.assess(view, self._last, _barcodes(frame))
        self._last = view
        return {
            "view": view.tobytes().hex(),
            "width": str(view.width),
            "pixels": f"{exposure.pixels:.1f}",
            "advice": exposure.advice(),
        }


def _barcodes(picture: Image.Image) -> list[zxingcpp.Barcode]:
    """What may be codes, with those that could not be read."""
    image = memoryview(picture.tobytes()).cast("B", (picture.height, picture.width))
    return list(zxingcpp.read_barcodes(image, formats=_QR, return_errors=True))


def _say(output: TextIO, item: object) -> None:
    output.write(json.dumps(item) + "\n")
    output.flush()


def _limit_time() -> None:
    """From now on MOST_S of the processor; then the system ends us, whatever C code runs."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, MOST_S)


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def main(source: BinaryIO, output: TextIO, size: str = "") -> None:
    """Answer pictures until there are no more."""
    _limit_memory()
    width, _, height = size.partition("x")
    views = _Views((int(width), int(height))) if size else None
    while len(head := source.read(4)) == 4:
        data = source.read(int.from_bytes(head, "big"))
        _limit_time()
        _answer(data, output, views)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout, *sys.argv[1:2])
