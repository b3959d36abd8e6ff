"""The cameras that are there: by the kernel's files on Linux, by ffmpeg's list elsewhere."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NODE: Final = re.compile(r"video\d+")
# What stands in the first brackets is another word in each release of ffmpeg.
_MAC: Final = re.compile(r"\[[^\]]*\] \[(\d+)\] (.+)")
_WINDOWS: Final = re.compile(
    r'\[[^\]]*\]\s+"(?P<name>[^"]+)"(?: \((?P<kind>[^)]*)\))?[^\n]*'
    r'(?:\n\[[^\]]*\]\s+Alternative name "(?P<path>[^"]+)")?'
)
_SOUND: Final = "audio"
_MOST_S: Final = 10.0
_LISTS: Final = {
    "darwin": ["-f", "avfoundation", "-list_devices", "true", "-i", ""],
    "win32": ["-f", "dshow", "-list_devices", "true", "-i", "dummy"],
}


@dataclass(frozen=True, slots=True)
class Camera:
    """`name` is what its maker calls it; `source` is what `--camera` takes."""

    name: str
    source: str


def cameras() -> tuple[Camera, ...]:
    """Those of this machine."""
    if sys.platform not in _LISTS:
        return tuple(of_linux(Path("/dev"), Path("/sys/class/video4linux")))
    text = _listed(_LISTS[sys.platform])
    return tuple(of_macos(text) if sys.platform == "darwin" else of_windows(text))


def without_list() -> str:
    """Why none could be listed on this system, or ""."""
    if sys.platform in _LISTS and shutil.which("ffmpeg") is None:
        return "Cameras are found by ffmpeg, and it is not installed here."
    return ""


def of_linux(devices: Path, classes: Path) -> Iterator[Camera]:
    """The first node of each camera; further ones carry no pictures (V4L2, index)."""
    nodes = [path for path in devices.glob("video*") if _NODE.fullmatch(path.name)]
    for node in sorted(nodes, key=lambda path: int(path.name.removeprefix("video"))):
        if _text(classes / node.name / "index") in {"", "0"}:
            yield Camera(_text(classes / node.name / "name") or node.name, str(node))


def of_macos(text: str) -> Iterator[Camera]:
    """Of what ffmpeg writes about avfoundation: video devices stand before the heading of audio."""
    for match in _MAC.finditer(text.partition("audio devices")[0]):
        if not match[2].startswith("Capture screen"):
            yield Camera(match[2].strip(), f"camera:{match[2].strip()}")


def of_windows(text: str) -> Iterator[Camera]:
    """Of what ffmpeg writes about dshow: what is not for sound, by its path if two are called so.

    Up to version 4 the kinds are under headings, later behind each name; a virtual camera has none.
    """
    devices = list(
        _WINDOWS.finditer(text.replace("\r", "").partition("DirectShow audio devices")[0])
    )
    videos = [device for device in devices if device["kind"] != _SOUND]
    names = Counter(device["name"] for device in videos)
    for device in videos:
        is_alone = names[device["name"]] == 1 or not device["path"]
        yield Camera(device["name"], f"camera:{device['name' if is_alone else 'path']}")


def _text(path: Path) -> str:
    try:
        letters = path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
    return "".join(filter(str.isprintable, letters))


def _listed(flags: list[str]) -> str:
    """What ffmpeg says; empty where it is not installed, or does not answer."""
    program = shutil.which("ffmpeg")
    if program is None:
        return ""
    try:
        run = subprocess.run(  # noqa: S603 - no shell, and no word of anybody else
            [program, "-hide_banner", *flags],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=_MOST_S,
        )
    except subprocess.TimeoutExpired:
        return ""
    return run.stderr
