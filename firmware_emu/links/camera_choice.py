"""Which camera? A list in the terminal, and what each of them sees, before the device is there.

It runs before a seed is in memory. Pictures stay in the scanner's child: what comes here are a few
greys, a number and a sentence. On Windows, keys come from its console, one at a time.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import IO, Final, Protocol

from firmware_emu.links import LinkError
from firmware_emu.links.cameras import Camera, cameras, without_list

if sys.platform == "win32":
    import ctypes
    import msvcrt
else:
    import termios
    import tty

SIZE: Final = "72x32"  # of a view, in pixels; two of them make a letter
OTHER_SOURCES: Final = (
    Camera("The screen of this machine", "screen"),
    Camera("Clipboard", "clipboard"),
)
_NO_TERMINAL: Final = "Choosing a camera takes a terminal. Name one: {}, a picture, a folder."
_EXAMPLE: Final = "--camera /dev/video0" if sys.platform == "linux" else '--camera "camera:NAME"'
_KEYS: Final = "← → another · enter use it · p a picture or folder · q quit"
_FIRST_KEY: Final = {"\x1b[C": 1, "\x1b[B": 1, "\t": 1, " ": 1, "\x1b[D": -1, "\x1b[A": -1}
_EVERY_S: Final = 0.1
# What the console of Windows sends behind the first of two characters (_getwch), as terminals do.
_CONSOLE_KEYS: Final = {"H": "\x1b[A", "P": "\x1b[B", "M": "\x1b[C", "K": "\x1b[D"}
_OUTPUT, _DRAWS_SEQUENCES = -11, 4  # Windows: STD_OUTPUT_HANDLE, ENABLE_VIRTUAL_TERMINAL_PROCESSING


class PressedKeys(Protocol):
    """Keys as they are pressed, in the sequences of terminals."""

    def read(self, patience_s: float) -> str | None:
        """The next one; None when none came, and "" when none will come any more."""
        ...

    def line(self) -> str:
        """A line that is typed, in the terminal as it usually is."""
        ...


class WindowsKeyboard(Protocol):
    """The keyboard of Windows, as the module msvcrt has it."""

    def kbhit(self) -> bool: ...

    def getwch(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ConsoleKeys:
    """Implements PressedKeys where nobody can wait for a console: it is asked again and again."""

    console: WindowsKeyboard

    def read(self, patience_s: float) -> str | None:
        end = time.monotonic() + patience_s
        while not self.console.kbhit():
            if time.monotonic() >= end:
                return None
            time.sleep(_EVERY_S / 10)
        key = self.console.getwch()
        return _CONSOLE_KEYS.get(self.console.getwch(), " ") if key in {"\0", "\xe0"} else key

    def line(self) -> str:
        return sys.stdin.readline()


if sys.platform == "win32":

    @contextmanager
    def _keyboard() -> Iterator[PressedKeys]:
        """Raises LinkError where the console does not draw what terminals draw."""
        kernel, mode = ctypes.windll.kernel32, ctypes.c_ulong()
        handle = kernel.GetStdHandle(_OUTPUT)
        kernel.GetConsoleMode(handle, ctypes.byref(mode))
        if not kernel.SetConsoleMode(handle, mode.value | _DRAWS_SEQUENCES):
            raise LinkError(_NO_TERMINAL.format(_EXAMPLE))
        try:
            yield ConsoleKeys(msvcrt)
        finally:
            kernel.SetConsoleMode(handle, mode)

else:

    @dataclass(frozen=True, slots=True)
    class _TerminalKeys:
        """Implements PressedKeys; `normal` is how the terminal usually is."""

        normal: "list[object]"

        def read(self, patience_s: float) -> str | None:
            if not select.select([0], [], [], patience_s)[0]:
                return None
            return os.read(0, 16).decode("utf-8", "replace")

        def line(self) -> str:
            termios.tcsetattr(0, termios.TCSANOW, self.normal)  # type: ignore[arg-type]
            try:
                return sys.stdin.readline()
            finally:
                tty.setcbreak(0)

    @contextmanager
    def _keyboard() -> Iterator[PressedKeys]:
        normal = termios.tcgetattr(0)
        tty.setcbreak(0)
        try:
            yield _TerminalKeys(normal)
        finally:
            termios.tcsetattr(0, termios.TCSANOW, normal)


@dataclass(slots=True)
class CameraView:
    """What is seen last: greys row by row, `width` of them a row, and what is said of them.

    `advice` is of the view, `remark` of what came behind it.
    """

    greys: bytes = b""
    width: int = 1
    pixels: str = "0.0"
    advice: str = "Waiting for a picture."
    remark: str = ""
    codes: int = 0

    def hear(self, item: dict[str, str]) -> None:
        """Take what the scanner says."""
        if "view" in item:
            self.greys, self.width = bytes.fromhex(item["view"]), max(1, int(item["width"]))
            self.pixels, self.advice, self.remark = item["pixels"], item["advice"], ""
        elif "code" in item:
            self.codes += 1
        elif "say" in item:
            self.remark = item["say"]

    @property
    def sentence(self) -> str:
        """What is said of a view; where there is none, only why."""
        shown = (self.advice if self.greys else "", self.remark)
        return " ".join(filter(None, shown)) or self.advice


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
    note: str = ""
    index: int = 0
    view: CameraView = field(default_factory=CameraView)
    _scanner: "subprocess.Popen[bytes] | None" = None
    _words: "SimpleQueue[bytes]" = field(default_factory=SimpleQueue)

    @property
    def source(self) -> Camera:
        return self.sources[self.index]

    def look(self, step: int = 0) -> None:
        """Look at the source that is so many steps further."""
        self.stop()
        self.index = (self.index + step) % len(self.sources)
        self.view, self._words = CameraView(), SimpleQueue()
        command = [sys.executable, "-m", "firmware_emu.scanner", self.source.source]
        self._scanner = subprocess.Popen(  # noqa: S603 - no shell; the person's own word
            [*command, str(time.time_ns()), SIZE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        # Windows has no way to wait for a pipe and a keyboard at once.
        reading = (self._scanner.stdout, self._words)
        threading.Thread(target=_read_lines, args=reading, daemon=True).start()

    def stop(self) -> None:
        if self._scanner is not None:
            self._scanner.kill()
            self._scanner.wait()
        self._scanner = None

    def hear(self) -> None:
        """Take what the scanner has said; a view stays when a picture was read to its end."""
        while True:
            try:
                self.view.hear(json.loads(self._words.get_nowait()))
            except Empty:
                return

    def rows(self, width: int) -> tuple[str, ...]:
        """The whole screen."""
        listed = [
            f"{'▸' if number == self.index else ' '} {source.name}  {source.source}"[:width]
            for number, source in enumerate(self.sources)
        ]
        sharpness = f"{self.view.pixels} pixels a module (4 or more are good)"
        codes = f"codes read: {self.view.codes}"
        picture = half_blocks(self.view.greys, self.view.width) if self.view.greys else ()
        advice = self.view.sentence[:width]
        return (
            "Which camera?",
            *listed,
            *([self.note[:width]] if self.note else []),
            advice,
            f"{sharpness} · {codes}"[:width],
            *picture,
            _KEYS[:width],
        )


def _read_lines(stream: IO[bytes], words: "SimpleQueue[bytes]") -> None:
    with stream:
        for line in stream:
            words.put(line)


def choose(listing: Sequence[Camera] | None = None) -> str:
    """The source that a person chose; empty when they quit. Raises LinkError without a terminal."""
    if not (os.isatty(0) and os.isatty(1)):
        raise LinkError(_NO_TERMINAL.format(_EXAMPLE))
    found, note = (cameras(), without_list()) if listing is None else (listing, "")
    with _keyboard() as keys:
        return choose_by(keys, found, note)


def choose_by(keys: PressedKeys, listing: Sequence[Camera], note: str = "") -> str:
    """The same by these keys; `note` is said below the list."""
    choice = _Choice([*listing, *OTHER_SOURCES], note)
    _write("\x1b[?1049h\x1b[?25l")
    try:
        choice.look()
        return _chosen(choice, keys)
    except KeyboardInterrupt:
        return ""
    finally:
        choice.stop()
        _write("\x1b[?25h\x1b[?1049l")


def _chosen(choice: _Choice, keys: PressedKeys) -> str:
    while True:
        choice.hear()
        _draw(choice)
        key = keys.read(_EVERY_S)
        if key is None:
            continue
        if key in {"q", "\x1b", "\x03", ""}:
            return ""
        if key in {"\r", "\n"}:
            return choice.source.source
        if key == "p" and (path := _ask_path(keys)):
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


def _ask_path(keys: PressedKeys) -> str:
    _write("\x1b[H\x1b[JPath of a picture, a video or a folder: \x1b[?25h")
    path = keys.line().strip()
    _write("\x1b[?25l")
    return path


def _write(text: str) -> None:
    """In UTF-8 everywhere: Python's own output is, also on the console of Windows."""
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()
