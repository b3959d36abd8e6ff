"""Codes that come by the keyboard: pasted, or typed by a scanner that plays one."""

from collections.abc import Callable, Iterator
from typing import Final

from firmware_emu.events import KEYBOARD, BytesIn, Event
from signer.formats.payload.secrets import seed_form

BURST_S: Final = 0.3  # between two letters: on a busy machine a scanner needs as long
_LEAST: Final = 8  # letters of a code
_MOST, _MOST_LINES = 1 << 20, 4096  # letters and lines of a paste
SEED: Final = (
    "This is a seed. It is not taken from a keyboard or a paste, of which other programs keep"
    " copies. Hold it up to the camera, or enter its words. Nothing was taken."
)


class TypedCodes:
    """Tells a code and the Enter behind it from what a person presses. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._letters = ""
        self._last_s = -BURST_S

    def add(self, character: str) -> bool:
        """Take a character. True when it follows another as a scanner types: it is no key then."""
        is_amid = self.is_amid
        self._letters = (self._letters if is_amid else "") + character
        self._last_s = self._clock()
        return is_amid and len(self._letters) <= _MOST

    @property
    def is_amid(self) -> bool:
        """Whether letters came a moment ago."""
        return bool(self._letters) and self._clock() - self._last_s < BURST_S

    def end(self) -> str:
        """Enter: the code that it ends; "" where it is a key that a person presses."""
        letters, self._letters = self._letters if self.is_amid else "", ""
        return letters if len(letters) >= _LEAST else ""


def holds_seed(text: str) -> bool:
    """Whether a paste is a seed, or one of its lines is."""
    return any(seed_form(code.encode()) for code in (text.strip(), *_lines(text)))


def events_of(text: str) -> Iterator[Event]:
    """What happens to the device when this is pasted: a code in each line."""
    return (BytesIn(KEYBOARD, code.encode()) for code in _lines(text))


def _lines(text: str) -> list[str]:
    lines = text[:_MOST].replace("\r", "\n").split("\n")
    return [code for line in lines[:_MOST_LINES] if (code := line.strip(" \t\ufeff"))]
