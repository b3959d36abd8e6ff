"""What can happen to a device.

Times are seconds of the shell's clock, which never goes back; the shell writes them in where they
are 0, when the event arrives. So what queued behind slow arithmetic is judged by when it came.
"""

from dataclasses import dataclass, field

from firmware_emu.screens import Key


@dataclass(frozen=True, slots=True)
class Port:
    """One live connection: the personality that speaks on it, and a name that is unique to it."""

    personality: str
    name: str


CODES = "air"  # the personality of cameras and of what else brings codes
KEYBOARD = Port(CODES, "keyboard")  # codes that are pasted, or typed by a scanner


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One press of STOP, LEFT, RIGHT or OK; a key held down comes again and again.

    `is_whole` says that the face shows the whole screen, and not a piece of it.
    """

    key: Key
    at_s: float = 0.0
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Typed:
    """Characters from a face with a keyboard. They may be a PIN or seed words."""

    text: str = field(repr=False)
    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A face shows the present screen whole from now on. The device answers with nothing."""

    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Fits:
    """A face has room for QR codes of this version, 0 where it has none."""

    version: int


@dataclass(frozen=True, slots=True)
class Remarked:
    """What a link has to tell the person: a picture that is none, a camera that is gone."""

    sentence: str


@dataclass(frozen=True, slots=True)
class BytesIn:
    port: Port
    data: bytes


@dataclass(frozen=True, slots=True)
class PortClosed:
    """`rest` came before the end: what needs no person is still answered."""

    port: Port
    rest: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time went by. `seconds` since the last tick, by the shell's monotonic clock."""

    seconds: float
    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Shaken:
    """Fresh randomness from the operating system, at least 32 bytes."""

    entropy: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Resumed:
    """The shell's answer to the effect `Resume`: everything before it has been carried out."""


Timed = KeyPressed | Typed | Shown | Ticked
Event = Timed | Fits | Remarked | BytesIn | PortClosed | Shaken | Resumed
