"""Which camera? A list in the terminal, and what each of them sees, before the device is there.

It runs before a seed is in memory. Pictures stay in the scanner's child: what comes here are a few
greys, a number and a sentence. Not on Windows, where no source can be named.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from firmware_emu.links import LinkError
from firmware_emu.links.cameras import Camera, cameras

if sys.platform != "win32":
    import termios
    import tty

SIZE: Final = "72x32"  # of a view, in pixels; two of them make a letter
OTHER_SOURCES: Final = (
    Camera("The screen of this machine", "screen"),
    Camera("Clipboard", "clipboard"),
)
_NO_TERMINAL: Final = (
    "Choosing a camera takes a terminal. Name one: --camera /dev/video0, a picture, a folder."
)
_KEYS: Final = "← → another · enter use it · p a picture or folder · q quit"
_FIRST_KEY: Final = {"\x1b[C": 1, "\x1b[B": 1, "\t": 1, " ": 1, "\x1b[D": -1, "\x1b[A": -1}
_EVERY_S: Final = 0.1


@dataclass(slots=True)
class CameraView:
    """What is seen last: greys row by row, `width` of them a row, and what is said of them."""

    greys: bytes = b""
    width: int = 1
    pixels: str = "0.0"
    advice: str = "Waiting for a picture."
    codes: int = 0

    def hear(self, item: dict[str, str]) -> None:
        """Take what the scanner says."""
        if "view" in item:
            self.greys, self.width = bytes.fromhex(item["view"]), max(1, int(item["width"]))
            self.pixels, self.advice = item["pixels"], item["advice"]
        elif "code" in item:
            self.codes += 1
        elif "say" in item:
            self.advice = item["say"]


def half_blocks(greys: bytes, width: int) -> tuple[str, ...]:
    """Rows of letters, each of two pixels one above the other, in 24 greys of 256 colours."""
    rows = [greys[start : start + width] for start in range(0, len(greys), width)]
    if len(rows) % 2:
        rows.append(bytes(width))
    return tuple(
        "".join(
            f"\x1b[38;5;{_grey(upper)};48;5;{_grey(lower)}m▀"
            for upper, lower in zip(above, below, strict=False)
        )
        + "\x1b[0m"
        for above, below in zip(rows[::2], rows[1::2], strict=True)
    )


def _grey(value: int) -> int:
    return 232 + value * 23 // 255


@dataclass(slots=True)
class _Choice:
    """The sources, which of them is looked at, and its scanner."""

    sources: list[Camera]
    index: int = 0
    view: CameraView = field(default_factory=CameraView)
    _scanner: "subprocess.Popen[bytes] | None" = None
    _unread: bytes = b""

    @property
    def source(self) -> Camera:
        return self.sources[self.index]

    def look(self, step: int = 0) -> None:
        """Look at the source that is so many steps further."""
        self.stop()
        self.index = (self.index + step) % len(self.sources)
        self.view, self._unread = CameraView(), b""
        command = [sys.executable, "-m", "firmware_emu.scanner", self.source.source]
        self._scanner = subprocess.Popen(  # noqa: S603 - no shell; the person's own word
            [*command, str(time.time_ns()), SIZE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        if self._scanner is not None:
            self._scanner.kill()
            self._scanner.communicate()
        self._scanner = None

    @property
    def pipe(self) -> int | None:
        """What the scanner's words can be read from, while it lives."""
        return self._scanner.stdout.fileno() if self._scanner and self._scanner.stdout else None

    def hear(self) -> None:
        """Read what the scanner has said."""
        if self.pipe is None:
            return
        piece = os.read(self.pipe, 1 << 16)
        if not piece:
            self.stop()  # a picture was read to its end; its view stays
            return
        *lines, self._unread = (self._unread + piece).split(b"\n")
        for line in lines:
            self.view.hear(json.loads(line))

    def rows(self, width: int) -> tuple[str, ...]:
        """The whole screen."""
        listed = [
            f"{'▸' if number == self.index else ' '} {source.name}  {source.source}"[:width]
            for number, source in enumerate(self.sources)
        ]
        sharpness = f"{self.view.pixels} pixels a module (4 or more are good)"
        codes = f"codes read: {self.view.codes}"
        picture = half_blocks(self.view.greys, self.view.width) if self.view.greys else ()
        advice = self.view.advice[:width]
        return (
            "Which camera?",
            *listed,
            advice,
            f"{sharpness} · {codes}"[:width],
            *picture,
            _KEYS[:width],
        )


def choose(listing: Sequence[Camera] | None = None) -> str:
    """The source that a person chose; empty when they quit. Raises LinkError without a terminal."""
    if sys.platform == "win32" or not (os.isatty(0) and os.isatty(1)):
        raise LinkError(_NO_TERMINAL)
    choice = _Choice([*(cameras() if listing is None else listing), *OTHER_SOURCES])
    normal = termios.tcgetattr(0)
    tty.setcbreak(0)
    _write("\x1b[?1049h\x1b[?25l")
    try:
        choice.look()
        return _chosen(choice, lambda: _ask_path(normal))
    except KeyboardInterrupt:
        return ""
    finally:
        choice.stop()
        termios.tcsetattr(0, termios.TCSANOW, normal)
        _write("\x1b[?25h\x1b[?1049l")


def _chosen(choice: _Choice, ask_path: Callable[[], str]) -> str:
    while True:
        _draw(choice)
        ready, _, _ = select.select([0, *filter(None, [choice.pipe])], [], [], _EVERY_S)
        if choice.pipe in ready:
            choice.hear()
        if 0 not in ready:
            continue
        key = os.read(0, 16).decode("utf-8", "replace")
        if key in {"q", "\x1b", "\x03", ""}:
            return ""
        if key in {"\r", "\n"}:
            return choice.source.source
        if key == "p" and (path := ask_path()):
            choice.sources.insert(0, Camera("A picture, a video or a folder", path))
            choice.index = 0
            choice.look()
        elif step := _FIRST_KEY.get(key, 0):
            choice.look(step)


def _draw(choice: _Choice) -> None:
    width, height = shutil.get_terminal_size()
    rows = choice.rows(width)
    visible = (*rows[: height - 1], rows[-1]) if len(rows) > height else rows
    _write("\x1b[H" + "\r\n".join(f"{row}\x1b[K" for row in visible) + "\x1b[J")


def _ask_path(normal: "list[object]") -> str:
    """A path that is typed, in the terminal as it usually is."""
    if sys.platform == "win32":
        return ""
    termios.tcsetattr(0, termios.TCSANOW, normal)  # type: ignore[arg-type]
    _write("\x1b[H\x1b[JPath of a picture, a video or a folder: \x1b[?25h")
    path = sys.stdin.readline().strip()
    _write("\x1b[?25l")
    tty.setcbreak(0)
    return path


def _write(text: str) -> None:
    os.write(1, text.encode())
