"""Pictures of a camera, of the screen and of a video, by a child that is ffmpeg."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Final

from firmware_emu.links.pgm import BadPicture, Pictures
from firmware_emu.scanner.looking import Looking

# A code that stands for a tenth of a second is caught twice.
_TAIL: Final = "-vf fps=20,format=gray -f image2pipe -c:v pgm -"
_USUAL_SIZE: Final = "1280x720"  # 4 pixels a module of version 20, as near as a screen is held
_SIZE: Final = re.compile(r"(.+)@(\d{2,4}x\d{2,4})")
_PIECE: Final = 1 << 16
_LONGEST_REASON: Final = 160  # characters
_NO_FFMPEG: Final = "A camera and the screen are read by ffmpeg, which is not installed here."
_WAYLAND: Final = (
    "The screen cannot be read here: Wayland shows it to no other program. Take screenshots into a"
    " folder, and name the folder."
)
_ENDED: Final = "The camera or the video has ended."


def video(looking: Looking, path: Path) -> None:
    """Every code in a film, as fast as it can be read."""
    _look(looking, path.name, [["-i", str(path)]])


def grabbed(looking: Looking, name: str) -> None:
    """A camera ("/dev/video0", "camera:NAME", each with "@1920x1080" or without), or "screen"."""
    if name == "screen" and sys.platform not in {"darwin", "win32"} and _is_wayland():
        looking.remark(_WAYLAND)
        return
    _look(looking, name, screen() if name == "screen" else camera(name))


def _is_wayland() -> bool:
    return "WAYLAND_DISPLAY" in os.environ


def screen() -> list[list[str]]:
    """What makes ffmpeg look at the screen, on this system."""
    match sys.platform:
        case "darwin":
            return [["-f", "avfoundation", "-i", "Capture screen 0"]]
        case "win32":
            return [["-f", "gdigrab", "-i", "desktop"]]
        case _:
            return [["-f", "x11grab", "-i", os.environ.get("DISPLAY", ":0")]]


def camera(name: str) -> list[list[str]]:
    """The same of a camera: what to try first, and what where it has no such size."""
    match = _SIZE.fullmatch(name)
    source, size = (match[1], match[2]) if match else (name, _USUAL_SIZE)
    device, sized = source.removeprefix("camera:"), ["-video_size", size]
    match sys.platform:
        case "darwin":
            start, end = ["-f", "avfoundation", "-framerate", "30"], ["-i", device]
        case "win32":
            start, end = ["-f", "dshow"], ["-i", f"video={device}"]
        case _:
            # Large pictures come at a useful rate as JPEG only.
            start, end = ["-f", "v4l2"], ["-i", device]
            compressed = [*start, "-input_format", "mjpeg", *sized, *end]
            return [compressed, [*start, *sized, *end], [*start, *end]]
    return [[*start, *sized, *end], [*start, *end]]


def _look(looking: Looking, name: str, attempts: list[list[str]]) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        looking.remark(_NO_FFMPEG)
        return
    reason = ""
    for what in attempts:
        command = [program, "-nostdin", "-hide_banner", "-loglevel", "error", *what, *_TAIL.split()]
        with tempfile.TemporaryFile() as errors:
            if _watched(looking, command, errors):
                looking.remark(_ENDED)
                return
            reason = _reason(errors) or reason
    looking.remark(f"{name} cannot be read: {reason or 'ffmpeg says nothing of it'}.")


def _watched(looking: Looking, command: list[str], errors: IO[bytes]) -> bool:
    """Look at all that comes. False where no picture came."""
    pictures, is_any = Pictures(), False
    with subprocess.Popen(  # noqa: S603 - no shell, and the source is the person's own word
        command, stdout=subprocess.PIPE, stderr=errors
    ) as child:
        try:
            while child.stdout and (piece := child.stdout.read(_PIECE)):
                for picture in pictures.feed(piece):
                    is_any = True
                    looking.picture(picture.pgm())
        except BadPicture as error:
            is_any = True
            looking.remark(f"The camera sends pictures that are not taken. {error}")
        finally:
            child.kill()
    return is_any


def _reason(errors: IO[bytes]) -> str:
    """The reason that ffmpeg gives, without its own names in front and what harms a line."""
    errors.seek(0)
    lines = errors.read(_PIECE).decode(errors="replace").split("\n")
    reasons = [line.rpartition("] ")[2].strip() for line in lines if line.strip()]
    # Its first words name the source and the cause; what follows is what it could not do then.
    printable = "".join(filter(str.isprintable, reasons[0])) if reasons else ""
    return printable[:_LONGEST_REASON].rstrip(".")
