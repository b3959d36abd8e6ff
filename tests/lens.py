"""A camera in software: what it loses and blurs follows from its seed alone."""

from hashlib import shake_256
from typing import Self

from PIL import Image, ImageChops, ImageFilter

from host.values import Frame

MARGIN = 24  # pixels of dim surroundings on each side


class Lens:
    """Sees a picture as a webcam does, or not at all: a share of `drop` of them is lost."""

    def __init__(self, seed: int, drop: float = 0.0, blur: float = 0.7, noise: float = 7.0) -> None:
        self._seed = seed
        self._drop = drop
        self._blur = blur
        self._noise = noise
        self.shown = self.caught = 0

    @classmethod
    def clear(cls) -> Self:
        return cls(0, 0.0, 0.0, 0.0)

    def see(self, frame: Frame, enlarge: int = 1) -> Frame | None:
        """The picture, tilted, dimmed, blurred and grainy; None when it was lost."""
        self.shown += 1
        luck = shake_256(b"%d %d" % (self._seed, self.shown))
        chance, tilt = (byte / 256 for byte in luck.digest(2))
        if chance < self._drop:
            return None
        self.caught += 1
        size = (frame.width, frame.height)
        image = Image.frombytes("L", size, frame.pixels)
        image = image.resize((size[0] * enlarge, size[1] * enlarge), Image.Resampling.NEAREST)
        room = Image.new("L", (image.width + 2 * MARGIN, image.height + 2 * MARGIN), 90)
        room.paste(image, (MARGIN, MARGIN))
        room = room.rotate(8 * tilt - 4, Image.Resampling.BILINEAR, fillcolor=90)
        room = room.point(lambda grey: 35 + grey * 190 // 255)
        room = room.filter(ImageFilter.GaussianBlur(self._blur))
        grain = Image.frombytes("L", room.size, luck.digest(room.width * room.height))
        grain = grain.point(lambda grey: 128 + round((grey - 128) * self._noise / 74))
        room = ImageChops.add(room, grain, offset=-128)
        return Frame(room.width, room.height, room.tobytes())
