"""Between text and light: a QR code as a grey picture, and the codes in a grey picture."""

from typing import Final, cast

import zxingcpp

from host.errors import HostError
from host.values import Frame
from signer.formats.qr.shower import Shower

QUIET_ZONE: Final = 4  # light modules around a code, which readers need (ISO 18004)
_QR: Final = zxingcpp.barcode_formats_from_str("QRCodeModel2")


def version_for(texts: tuple[str, ...]) -> int:
    """The smallest QR version that holds each of `texts`. Raises HostError when none does.

    One version for a whole series: a code that changes its size is lost by cameras that follow it.
    """
    return max((_draw(text, 1, None).width - 17) // 4 for text in texts)


def draw(text: str, pixels_per_module: int = 4, version: int | None = None) -> Frame:
    """A QR code, dark on light with its quiet zone. Raises HostError when `text` does not fit.

    A camera should see at least 4 pixels a module.
    """
    code = _draw(text, pixels_per_module, version)
    margin = QUIET_ZONE * pixels_per_module
    side = code.width + 2 * margin
    light = b"\xff" * margin
    rows = [
        light + code.pixels[start : start + code.width] + light
        for start in range(0, len(code.pixels), code.width)
    ]
    band = b"\xff" * (side * margin)
    return Frame(side, side, band + b"".join(rows) + band)


def picture_of(shower: Shower, pixels_per_module: int = 4) -> Frame:
    """The code that is shown now, of the one size that all of its series have."""
    series = shower.series
    version = series.version or version_for(tuple(map(series.text, range(series.count))))
    return draw(shower.text, pixels_per_module, version)


def read(frame: Frame) -> tuple[bytes, ...]:
    """The contents of every QR code in the picture, each once."""
    view = memoryview(frame.pixels).cast("B", (frame.height, frame.width))
    codes = zxingcpp.read_barcodes(view, formats=_QR)
    return tuple(dict.fromkeys(code.bytes for code in codes if code.valid))


def _draw(text: str, scale: int, version: int | None) -> Frame:
    size = {} if version is None else {"version": version}
    try:
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L", **size)
    except ValueError:
        raise HostError("This is too long for a QR code.") from None
    # An image is a buffer of one byte a pixel, which its type does not say.
    pixels = bytes(cast("bytes", code.to_image(scale=scale, add_quiet_zones=False)))
    side = round(len(pixels) ** 0.5)
    return Frame(side, side, pixels)
