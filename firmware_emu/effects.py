"""What a device asks of the world around it."""

from dataclasses import dataclass, field
from enum import Enum

from firmware_emu.events import Port
from firmware_emu.screens import Screen


class State(Enum):
    EMPTY = "empty"
    LOCKED = "locked"
    UNLOCKED = "unlocked"


@dataclass(frozen=True, slots=True)
class Show:
    """A new look. `fingerprint` is the master fingerprint in hex when unlocked, else empty.

    `hold` is how much of the long press that the screen asks for has passed, 0 to 1. `is_new`
    says that there is something to read: not the same page with a cursor that moved.
    """

    screen: Screen = field(repr=False)
    state: State
    fingerprint: str
    hold: float = 0.0
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class BytesOut:
    port: Port
    data: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """A request was refused, maybe without a word on the screen. `sentence` is what its host reads.

    For a program at the panel, which would wait for a prompt that never comes.
    """

    sentence: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """What came over the port was no message. A link that can hang up does; a serial port cannot.

    A web page reaches sockets, and what it sends begins with a request of its own (threat T98).
    """

    port: Port


@dataclass(frozen=True, slots=True)
class Save:
    """The flash record to write, whole and durable, before any later effect is carried out."""

    record: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Resume:
    """Always the last effect of a list: carry out all before it, then `handle(Resumed())` at once.

    Two things need it. A PIN try must be in flash before the PIN is looked at (threat T71), and
    a person should read "Checking the PIN." while the slow arithmetic runs.
    """


Effect = Show | BytesOut | Refuse | HangUp | Save | Resume
