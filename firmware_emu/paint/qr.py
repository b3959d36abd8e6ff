"""QR codes as modules, for whoever paints them. The text decides nothing here but its size."""

from functools import lru_cache
from math import isqrt
from typing import cast

import zxingcpp

Modules = tuple[tuple[bool, ...], ...]

QUIET_ZONE = 4  # light modules that every reader expects around a code (ISO 18004)


def modules(text: str, version: int | None = None) -> Modules:
    """The code's rows, True where dark, without a quiet zone; error correction L.

    `version` 1..40 forces a size, so that a series does not jump; None takes the smallest.
    Raises ValueError when the text is empty or does not fit.
    """
    size = {} if version is None else {"version": version}
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L", **size)
    # An image is a buffer of one byte a pixel, which its type does not say.
    picture = bytes(cast("bytes", code.to_image(scale=1, add_quiet_zones=False)))
    side = isqrt(len(picture))
    rows = (picture[start : start + side] for start in range(0, len(picture), side))
    return tuple(tuple(grey < 128 for grey in row) for row in rows)


@lru_cache(maxsize=16)
def version_for(texts: tuple[str, ...]) -> int:
    """The smallest version that holds each of `texts`: one for a whole series."""
    return max((len(modules(text)) - 17) // 4 for text in texts)
