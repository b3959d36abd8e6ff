"""What a camera sees, small enough for a terminal, and how a person gets its codes read."""

from dataclasses import dataclass
from math import hypot
from typing import Final

import zxingcpp
from PIL import Image, ImageChops, ImageStat

NEEDED: Final = 3.0  # pixels a module: below it blur and noise win
COMFORTABLE: Final = 4.0
_DARK, _BRIGHT = 40, 225  # greys on average
_MOVED: Final = 12.0  # greys that a view differs from the last one


@dataclass(frozen=True, slots=True)
class Exposure:
    """`pixels` a module of the code that is nearest, 0 where none is seen; `is_read` says it was.

    `light` and `motion` are greys, 0 to 255: of the view on average, and between two views.
    """

    pixels: float
    is_read: bool
    light: float
    motion: float

    def advice(self) -> str:
        """What to do next, as a sentence."""
        if self.is_read:
            is_near = self.pixels >= COMFORTABLE
            return "Good: it reads." if is_near else "It reads. A little closer is better."
        if 0 < self.pixels < NEEDED:
            return "Closer."
        if self.light > _BRIGHT:
            return "Too bright. Turn the lamp or the screen down."
        if self.light < _DARK:
            return "Too dark. Turn a light on."
        if self.motion > _MOVED:
            return "Hold still."
        return "Hold still, or tilt it a little." if self.pixels else "Hold a code before it."


def small(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The grey picture as it fits so many pixels, its proportions kept."""
    view = picture.copy()
    view.thumbnail(size, Image.Resampling.BOX, reducing_gap=None)
    return view


def assess(
    view: Image.Image, previous: Image.Image | None, barcodes: list[zxingcpp.Barcode]
) -> Exposure:
    """Of a small view and what zxing found in the whole picture, errors among it."""
    sizes = [(_pixels(barcode), bool(barcode.valid)) for barcode in barcodes]
    pixels, is_read = max(sizes, key=lambda size: (size[1], size[0]), default=(0.0, False))
    motion = 0.0
    if previous is not None and previous.size == view.size:
        motion = ImageStat.Stat(ImageChops.difference(view, previous)).mean[0]
    return Exposure(pixels, is_read, ImageStat.Stat(view).mean[0], motion)


def _pixels(barcode: zxingcpp.Barcode) -> float:
    """Pixels a module along the upper side; 0 where the code's version was not made out."""
    extra = barcode.extra
    version = str(extra.get("Version", "")) if isinstance(extra, dict) else ""
    if not version.isdecimal():
        return 0.0
    left, right = barcode.position.top_left, barcode.position.top_right
    return hypot(right.x - left.x, right.y - left.y) / (17 + 4 * int(version))
