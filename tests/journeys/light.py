"""What a test needs to do by light alone: a device in a terminal, and codes to and from it."""

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from firmware_emu.emulator import PIN, sealed_record
from host import optics
from tests.lens import Lens
from tests.panes import Pane, pane, save

QUIETKEY = f"{sys.executable} -m host"
DROP = 0.1  # of the pictures a camera takes
_SECONDS = re.compile(r"\d+/\d+, ([\d.]+) s")


class Reader(Protocol):
    """Another program's eye: takes codes one after the other until they make up something."""

    def feed(self, code: bytes, /) -> bytes | None:
        """What is whole now, if anything is. Codes that it cannot read change nothing."""
        ...


@contextmanager
def device(
    home: Path, *flags: str, record: bytes | None = None, size: tuple[int, int] = (100, 30)
) -> Iterator[Pane]:
    """`quietkey device --air` in a terminal; it looks into the folder `eye` of `home`."""
    (home / "eye").mkdir()
    flash = home / "device.flash"
    if record is not None:
        flash.write_bytes(record)
    line = " ".join(("--air", "--flash", str(flash), "--camera", str(home / "eye"), *flags))
    with pane("device", f"{QUIETKEY} device {line}", *size) as terminal:
        yield terminal


@contextmanager
def unlocked_device(home: Path, *flags: str, size: tuple[int, int] = (100, 30)) -> Iterator[Pane]:
    """The same with the seed that everybody knows, unlocked by its keys."""
    with device(home, *flags, record=sealed_record(), size=size) as terminal:
        terminal.sees("Locked.")
        terminal.press_until("Enter", "Type it")
        terminal.press(*PIN)
        terminal.sees("* * * *")
        terminal.press_until("Enter", "Unlocked.")
        yield terminal


@contextmanager
def showing(texts: Sequence[str | bytes], eye: Path, period_s: float, lens: Lens) -> Iterator[None]:
    """Another program's screen before the device's camera: its codes, over and over."""
    is_over = threading.Event()
    version = None
    if len(texts) > 1:
        version = optics.version_for(tuple(str(text) for text in texts))

    def show() -> None:
        for number in count():
            text = texts[number % len(texts)]
            frame = optics.draw(text if isinstance(text, str) else text.decode(), 4, version)
            if (seen := lens.see(frame)) is not None:
                save(seen, eye / f"{time.monotonic_ns()}.png")
            if is_over.wait(period_s):
                return

    thread = threading.Thread(target=show)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        time.sleep(0.5)  # what still lies in the folder is looked at
        for picture in eye.glob("*.png"):
            picture.unlink()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a program has read off the panel; how long that took, and how long was said."""

    payload: bytes
    seconds: float
    said_s: float


def watch(terminal: Pane, reader: Reader, lens: Lens | None, seconds: float = 90) -> Seen:
    """Film the panel until what the reader sees of it is whole; without a lens, every cell."""
    start, last, said_s = 0.0, None, 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        frame = terminal.picture()
        if frame is None or frame == last:
            time.sleep(0.03)
            continue
        if not start:
            start = time.monotonic()
            said = _SECONDS.search(terminal.text())
            said_s = float(said[1]) if said else 0.0
        last = frame
        seen = lens.see(frame) if lens else frame
        for code in optics.read(seen) if seen else ():
            if (payload := reader.feed(code)) is not None:
                return Seen(payload, time.monotonic() - start, said_s)
    raise AssertionError(f"nothing whole was read of:\n{terminal.text()}")


def read_through(terminal: Pane, is_end: Callable[[str], bool], seconds: float = 60) -> list[str]:
    """Read every page that comes, and say yes to it, until the end; gives the pages."""
    pages = []
    end = time.monotonic() + seconds
    while not is_end(page := terminal.text()):
        assert time.monotonic() < end, page
        time.sleep(0.7)  # nobody reads faster, and the device takes no faster yes
        # A slow machine may show the end only now: a key that was meant for the page is not for it.
        if "page " not in page or terminal.text() != page:
            continue
        pages.append(page)
        if "hold" in buttons(page):
            terminal.hold("Enter", 1.5)
        else:
            terminal.press("Right" if "▸" in buttons(page) else "Enter")
    return pages


def buttons(text: str) -> str:
    """The row of the panel that says what its buttons do."""
    return next((row for row in reversed(text.splitlines()) if "✗ " in row and "│" in row), "")


def shows_code(text: str) -> bool:
    """Whether there is a code on the panel."""
    return "█▀▀▀▀▀█" in text or "▄▄▄▄▄▄▄" in text
