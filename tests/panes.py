"""Programs in real terminals (tmux), whose cells a person reads and a camera films."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from PIL import Image

from host.values import Frame
from tests.lens import Lens

ROOT = Path(__file__).resolve().parents[1]
PIXELS = 4  # of a module, which is one column wide and half a row high
_INK = {"█": (0, 0), "▀": (0, 255), "▄": (255, 0), " ": (255, 255)}
_CORNERS = ("█▀▀▀▀▀█", "▄▄▄▄▄▄▄")  # the upper rows of a code, at an even and at an odd height


class Pane:
    """One terminal of a tmux server of its own."""

    def __init__(self, name: str, columns: int = 80, rows: int = 24) -> None:
        self._name = name
        self.columns, self.rows = columns, rows

    def start(self, command: str) -> None:
        """Run this command line of a shell; what it printed stays in view at its end."""
        size = ("-x", str(self.columns), "-y", str(self.rows))
        line = f"cd {ROOT} && unset COLUMNS LINES && {command}"
        self.run("new-session", "-d", "-s", "pane", *size, line)
        self.run("set-option", "-g", "window-size", "manual")
        self.run("set-option", "-g", "remain-on-exit", "on")

    def run(self, *words: str) -> str:
        """What a command of tmux prints."""
        command = ["tmux", "-L", self._name, "-f", "/dev/null", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def resize(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.run("resize-window", "-t", "pane", "-x", str(columns), "-y", str(rows))

    def cells(self) -> list[str]:
        return self.run("capture-pane", "-p", "-t", "pane").splitlines()

    def text(self) -> str:
        return "\n".join(self.cells())

    def press(self, *keys: str) -> None:
        self.run("send-keys", "-t", "pane", *keys)

    def hold(self, key: str, seconds: float) -> None:
        """As a key that is held down comes: some thirty presses a second, by one connection."""
        command = ["tmux", "-L", self._name, "-C", "attach", "-f", "no-output,ignore-size"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as control:
            assert control.stdin is not None
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                control.stdin.write(f"send-keys -t pane {key}\n".encode())
                control.stdin.flush()
                time.sleep(0.03)

    def press_until(self, key: str, *words: str, seconds: float = 60) -> str:
        """As a person does who sees that a key did nothing: presses it again, after a second."""
        end = time.monotonic() + seconds
        while True:
            self.press(key)
            for _ in range(10):
                time.sleep(0.1)
                if all(word in (text := self.text()) for word in words):
                    return text
            assert time.monotonic() < end, f"{key} did not bring {words}:\n{text}"

    def sees(self, *words: str, seconds: float = 60) -> str:
        """The text of the terminal once it holds each of `words`."""
        end = time.monotonic() + seconds
        while not all(word in (text := self.text()) for word in words):
            assert time.monotonic() < end, f"{words} were not seen in:\n{text}"
            time.sleep(0.05)
        return text

    def picture(self, first_row: int = 0) -> Frame | None:
        """The half blocks from this row on as pixels; None where there is no code."""
        rows = self.cells()[first_row:]
        if not any(corner in row for row in rows for corner in _CORNERS):
            return None
        return self.pixels(rows)

    def pixels(self, rows: list[str]) -> Frame:
        """Half blocks as pixels, whatever they show."""
        halves = []
        for row in rows:
            inks = [_INK.get(sign, (255, 255)) for sign in row.ljust(self.columns)[: self.columns]]
            halves += [bytes(ink[half] for ink in inks) for half in (0, 1)]
        image = Image.frombytes("L", (self.columns, len(halves)), b"".join(halves))
        size = (image.width * PIXELS, image.height * PIXELS)
        image = image.resize(size, Image.Resampling.NEAREST)
        return Frame(image.width, image.height, image.tobytes())


@contextmanager
def pane(name: str, command: str, columns: int = 80, rows: int = 24) -> Iterator[Pane]:
    """A terminal of this size that runs the command; it is ended afterwards."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    terminal = Pane(f"quietkey-{os.getpid()}-{name}", columns, rows)
    terminal.start(command)
    try:
        yield terminal
    finally:
        terminal.run("kill-server")


class Camera:
    """What films a terminal and leaves a picture of each new code in a folder, until it is over."""

    def __init__(self, terminal: Pane, folder: Path, lens: Lens) -> None:
        self._terminal = terminal
        self._folder = folder
        self._lens = lens
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._film)
        self.pictures = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _film(self) -> None:
        last: Frame | None = None
        while not self._is_over.wait(0.05):
            frame = self._terminal.picture()
            if frame is None or frame == last:
                continue
            last = frame
            if (seen := self._lens.see(frame)) is not None:
                self.pictures += 1
                save(seen, self._folder / f"{self.pictures:05}.png")


def save(frame: Frame, path: Path) -> None:
    """A PNG that is whole as soon as it has its name."""
    hidden = path.with_name(f".{path.name}")
    Image.frombytes("L", (frame.width, frame.height), frame.pixels).save(hidden, "PNG")
    hidden.rename(path)
