"""QR codes as files: a picture for each, or one that moves."""

from pathlib import Path
from typing import Final

from PIL import Image

from host import optics
from host.errors import BadInput, HostError
from host.values import Frame
from signer.formats.qr.peers import Turns
from signer.formats.qr.shower import Shower

FORMS: Final = (".png", ".svg", ".gif")
MOST_FILES, MOST_FRAMES = 1000, 400
_SIDE: Final = 640  # pixels of a picture, about
_TICK_MS: Final = 10  # of GIF


def write(shower: Shower, path: Path) -> tuple[Path, ...]:
    """The files that hold all codes of `shower`: `path` alone, or numbered ones beside it.

    Raises BadInput for another form than FORMS and for too many codes, HostError for a file that
    cannot be written.
    """
    form = path.suffix.lower()
    if form not in FORMS:
        raise BadInput(f"Codes are written as {', '.join(FORMS)}. Nothing was written.")
    count = shower.series.count
    most = MOST_FRAMES if form == ".gif" else MOST_FILES
    if count > most:
        raise BadInput(
            f"It takes {count} codes, and {most} are the most. Nothing was written."
            " A larger --version takes fewer."
        )
    try:
        if form == ".gif":
            _write_animation(shower, path)
            return (path,)
        return _write_pictures(shower, path)
    except OSError as error:
        raise HostError(f"{path} cannot be written: {error.strerror}. Try another.") from error


def _write_animation(shower: Shower, path: Path) -> None:
    """As it is shown: with as many mixed parts for who missed some as a file may hold."""
    count = shower.series.count
    is_pure = count == 1 or shower.peer.turns is Turns.PURE
    length = count if is_pure else min(shower.length, 2 * count, MOST_FRAMES)
    frames = [_image(frame_of(shower, index)) for index in range(length)]
    times_ms = [
        round(shower.period_of(index) * 1000 / _TICK_MS) * _TICK_MS for index in range(length)
    ]
    moving = {"duration": times_ms, "loop": 0, "append_images": frames[1:]} if length > 1 else {}
    frames[0].save(path, "GIF", save_all=length > 1, **moving)


def _write_pictures(shower: Shower, path: Path) -> tuple[Path, ...]:
    paths = _numbered(path, shower.series.count)
    for index, target in enumerate(paths):
        if path.suffix.lower() == ".svg":
            target.write_text(_drawing(frame_of(shower, index, scale=1)), "utf-8")
        else:
            _image(frame_of(shower, index)).save(target, "PNG")
    return paths


def _numbered(path: Path, count: int) -> tuple[Path, ...]:
    if count == 1:
        return (path,)
    digits = len(str(count))
    numbers = range(1, count + 1)
    return tuple(path.with_name(f"{path.stem}-{n:0{digits}}{path.suffix}") for n in numbers)


def frame_of(shower: Shower, index: int, scale: int = 0) -> Frame:
    """Code number `index`, from 0, with its quiet zone; of some 640 pixels where `scale` is 0."""
    version = shower.series.version or optics.version_for((shower.text,))
    pixels = scale or max(3, _SIDE // (4 * version + 17 + 2 * optics.QUIET_ZONE))
    return optics.draw(shower.series.text(index), pixels, shower.series.version)


def _image(frame: Frame) -> Image.Image:
    return Image.frombytes("L", (frame.width, frame.height), frame.pixels).convert("1")


def _drawing(frame: Frame) -> str:
    """An SVG of one path: a bar for each run of dark modules in a row."""
    bars: list[str] = []
    for y in range(frame.height):
        row = frame.pixels[y * frame.width : (y + 1) * frame.width]
        x = 0
        while (x := row.find(b"\0", x)) >= 0:
            end = row.find(b"\xff", x)
            bars.append(f"M{x} {y}h{end - x}v1h{x - end}z")
            x = end
    side = frame.width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"'
        f' width="{_SIDE}" height="{_SIDE}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{"".join(bars)}"/></svg>\n'
    )
