"""Where codes come from: lines, files, folders, the clipboard; cameras and screens by ffmpeg."""

import io
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageGrab

from firmware_emu.links.pgm import BadPicture, Pictures
from firmware_emu.scanner.looking import LONGEST_TEXT, Looking

Source = Callable[[Looking], None]

EVERY_S = 0.2  # between two looks at a folder or the clipboard
_PIECE = 1 << 16
_CAMERAS = re.compile(r"/dev/video\d+|camera:.+")
_NO_FFMPEG = "A camera and the screen are read by ffmpeg, which is not installed here."
_VIDEO = "-vf fps=10,format=gray -f image2pipe -c:v pgm -"


def source_of(name: str, since_ns: int) -> Source:
    """What looks at the source of that name: see the README of the device.

    Of a folder, at what came after `since_ns` of the epoch: when somebody began to wait for it.
    """
    if name == "-":
        return _lines
    if name == "clipboard":
        return _clipboard
    if name == "screen" or _CAMERAS.fullmatch(name):
        return lambda looking: _by_ffmpeg(looking, _grab(name))
    path = Path(name)
    return (
        (lambda looking: _folder(looking, path, since_ns))
        if path.is_dir()
        else (lambda looking: _file(looking, path))
    )


def _lines(looking: Looking) -> None:
    """What is pasted, or typed by a scanner that is a keyboard: a code a line."""
    while line := sys.stdin.readline(LONGEST_TEXT):
        looking.text(line)


def _file(looking: Looking, path: Path) -> None:
    try:
        data = path.read_bytes()
    except OSError as error:
        looking.remark(f"{path.name} cannot be read: {error.strerror}.")
        return
    if _is_video(path):
        _by_ffmpeg(looking, ["-i", str(path)])
    else:
        looking.file(path.name, data)


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in {".mp4", ".mkv", ".webm", ".mov", ".avi"}


def _folder(looking: Looking, folder: Path, since_ns: int) -> None:
    """Files that come, or change, from then on. One is read when it no longer grows."""
    previous = _files(folder)
    already_read = {path: look for path, look in previous.items() if look[0] < since_ns}
    while True:
        time.sleep(EVERY_S)
        listing = _files(folder)
        for path, look in listing.items():
            if already_read.get(path) != look and previous.get(path) == look:
                already_read[path] = look
                _file(looking, path)
        previous = listing


def _files(folder: Path) -> dict[Path, tuple[int, int]]:
    return dict(_looks(folder))


def _looks(folder: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            status = path.stat()
            yield path, (status.st_mtime_ns, status.st_size)


def _clipboard(looking: Looking) -> None:
    """A picture that is copied, each once."""
    last = b""
    while True:
        try:
            copied = ImageGrab.grabclipboard()
        except (NotImplementedError, OSError) as error:
            looking.remark(f"The clipboard cannot be read here: {error}.")
            return
        if isinstance(copied, Image.Image):
            buffer = io.BytesIO()
            copied.convert("L").save(buffer, "PPM")
            if buffer.getvalue() != last:
                last = buffer.getvalue()
                looking.file("What was copied", last)
        time.sleep(EVERY_S)


def _grab(name: str) -> list[str]:
    """What makes ffmpeg look at a camera or the screen, on each system."""
    device = name.removeprefix("camera:")
    match sys.platform, name:
        case "darwin", "screen":
            return ["-f", "avfoundation", "-i", "Capture screen 0"]
        case "win32", "screen":
            return ["-f", "gdigrab", "-i", "desktop"]
        case _, "screen":
            return ["-f", "x11grab", "-i", ":0"]
        case "darwin", _:
            return ["-f", "avfoundation", "-i", device]
        case "win32", _:
            return ["-f", "dshow", "-i", f"video={device}"]
        case _:
            return ["-f", "v4l2", "-i", device]


def _by_ffmpeg(looking: Looking, what: list[str]) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        looking.remark(_NO_FFMPEG)
        return
    command = [program, "-nostdin", "-loglevel", "error", *what, *_VIDEO.split()]
    with subprocess.Popen(  # noqa: S603 - no shell, and the source is the person's own word
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        pictures = Pictures()
        try:
            while child.stdout and (piece := child.stdout.read(_PIECE)):
                for picture in pictures.feed(piece):
                    looking.picture(picture.pgm())
        except BadPicture as error:
            looking.remark(f"The camera sends pictures that are not taken. {error}")
        finally:
            child.kill()
    looking.remark("The camera or the video has ended.")
