"""Screenshots made to be kept: no font from the internet, and as PNG to look at."""

import importlib
import re

FONTS = "DejaVu Sans Mono, Menlo, Consolas, monospace"
# The columns are 12.2 pixels wide; a letter of these fonts is 0.602 of its size.
SIZE = ("font-size: 20px", "font-size: 20.26px")
# A column is then 20 pixels wide: letters are set at whole pixels, and frames meet without a gap.
WHOLE_COLUMNS = 1.64
_FACE = re.compile(r"@font-face \{.*?\}\n?\s*", re.DOTALL)


def own_fonts(svg: str) -> str:
    """The picture with fonts that are on the machine; the original ones would be fetched."""
    return _FACE.sub("", svg).replace("Fira Code", FONTS).replace(*SIZE)


def png(svg: str, scale: float = WHOLE_COLUMNS) -> bytes:
    """The picture as pixels. Needs cairosvg (the extra `test`), raises ImportError without it."""
    made: bytes = importlib.import_module("cairosvg").svg2png(svg.encode(), scale=scale)
    return made
