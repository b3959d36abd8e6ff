"""What the device shows when nobody asks anything of it."""

from dataclasses import dataclass
from typing import ClassVar

from firmware_emu.screens import Answer, Key
from firmware_emu.screens.layout import buttons, framed, heading


class Opened(Answer):
    """The person wants the menu, or to unlock."""

    __slots__ = ()


class MorePressed(Answer):
    """While locked: the person wants something other than to unlock."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Home:
    """`name` tells this device from others; `fingerprint` (hex) is empty while locked.

    `networks` are lines that say which network of each chain it is for, `notes` what a person
    should know of this device besides. `label` says what the keys are, if not those of the
    seed alone.
    """

    kind: ClassVar[str] = "home"

    name: str
    fingerprint: str = ""
    tries_left: int | None = None
    networks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    label: str = ""

    def lines(self) -> tuple[str, ...]:
        if self.fingerprint:
            unlocked = ("", "Unlocked.", "", f"Fingerprint {self.fingerprint}")
            label = (self.label,) if self.label else ()
            body = (*unlocked, *label, *self.networks, *self.notes)
            return framed(heading("Quietkey", self.name), body, buttons(ok="menu"))
        tries = () if self.tries_left is None else ("", f"PIN tries left: {self.tries_left}.")
        networks = ("", *self.networks) if self.networks else ()
        body = ("", "Locked.", "Press ✓, then enter the PIN.", *networks, *tries, *self.notes)
        return framed(heading("Quietkey", self.name), body, buttons("erase", "unlock"))

    def press(self, key: Key) -> "Home | Opened | MorePressed":
        if key is Key.OK:
            return Opened()
        return MorePressed() if key is Key.STOP and not self.fingerprint else self
