"""An animated QR code: the device's answer where there is no cable."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firmware_emu.screens import Key
from firmware_emu.screens.layout import buttons, framed, heading, wrap
from firmware_emu.screens.notice import Acknowledged
from signer.formats.qr import parts
from signer.formats.qr.ur import Ur

# With its quiet zone 146 pixels at 2 a module, so our panel shows a code of this version whole, and
# small cameras and small memories in the field are known to take it.
VERSION = 12
MAX_FRAGMENT = 200  # bytes of a part of a UR that make a code of this version at most
PERIOD_S = 0.2  # slow enough for a camera that exposes for a fifteenth of a second


@dataclass(frozen=True, slots=True)
class Qr:
    """`frames` are the texts of the codes, shown in turn, round and round."""

    kind: ClassVar[str] = "qr"

    title: str
    frames: tuple[str, ...]
    index: int = 0
    shown_s: float = 0.0

    @property
    def frame(self) -> str:
        """The text of the code on the screen now."""
        return self.frames[self.index]

    def lines(self) -> tuple[str, ...]:
        part = f"{self.index + 1}/{len(self.frames)}" if len(self.frames) > 1 else ""
        body = ("", *wrap("Show this code to the camera of your wallet."))
        return framed(heading(self.title, part), body, buttons(ok="done"))

    def press(self, key: Key) -> "Qr | Acknowledged":
        return Acknowledged() if key in (Key.OK, Key.STOP, Key.HOLD) else self

    def tick(self, seconds: float) -> "Qr":
        shown_s = self.shown_s + seconds
        if len(self.frames) == 1:
            return self
        if shown_s < PERIOD_S:
            return replace(self, shown_s=shown_s)
        return replace(self, index=(self.index + 1) % len(self.frames), shown_s=0.0)


def animated(title: str, payload: Ur) -> Qr:
    """The screen that shows `payload`, in as many codes as it takes."""
    return Qr(title, parts.split(payload, MAX_FRAGMENT))
