"""What can happen to a device."""

from dataclasses import dataclass, field

from firmware_emu.screens import Key


@dataclass(frozen=True, slots=True)
class Port:
    """One live connection: the personality that speaks on it, and a name that is unique to it."""

    personality: str
    name: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    key: Key


@dataclass(frozen=True, slots=True)
class Typed:
    """Characters from a face with a keyboard. They may be a PIN or seed words."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BytesIn:
    port: Port
    data: bytes


@dataclass(frozen=True, slots=True)
class PortClosed:
    port: Port


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time went by. `seconds` since the last tick, by the shell's monotonic clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Shaken:
    """Fresh randomness from the operating system, at least 32 bytes."""

    entropy: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Resumed:
    """The shell's answer to the effect `Resume`: everything before it has been carried out."""


Event = KeyPressed | Typed | BytesIn | PortClosed | Ticked | Shaken | Resumed
