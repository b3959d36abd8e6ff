"""Where codes come from: lines, files, folders, the clipboard; the rest is for ffmpeg."""

import io
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, ImageGrab

from firmware_emu.scanner.ffmpeg import grabbed, video
from firmware_emu.scanner.looking import LONGEST_TEXT, Looking

Source = Callable[[Looking], None]

EVERY_S = 0.2  # between two looks at a folder or the clipboard
_CAMERAS = re.compile(r"/dev/video\d+(?:@.+)?|camera:.+")
_NO_CLIPBOARD = (
    "The clipboard cannot be read here. On Linux, install wl-clipboard or xclip. Or save the"
    " picture in a folder, and name the folder."
)


def source_of(name: str, since_ns: int) -> Source:
    """What looks at the source of that name: see the README of the device.

    Of a folder, at what came after `since_ns` of the epoch: when somebody began to wait for it.
    """
    if name == "-":
        return _lines
    if name == "clipboard":
        return _clipboard
    if name == "screen" or _CAMERAS.fullmatch(name):
        return lambda looking: grabbed(looking, name)
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
        video(looking, path)
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
    """A picture that is copied, or a file that is, each once."""
    last = b""
    while True:
        try:
            copied = ImageGrab.grabclipboard()
        except (NotImplementedError, OSError):
            looking.remark(_NO_CLIPBOARD)
            return
        data = _encoded(copied) if isinstance(copied, Image.Image) else repr(copied).encode()
        if copied and data != last:
            last = data
            if isinstance(copied, Image.Image):
                looking.file("What was copied", data)
            else:
                for name in copied:
                    _file(looking, Path(name))
        time.sleep(EVERY_S)


def _encoded(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.convert("L").save(buffer, "PPM")
    return buffer.getvalue()
