"""An animated QR code: the device's answer where there is no cable."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from firmware_emu.screens import Key
from firmware_emu.screens.layout import buttons, framed, heading, wrap
from firmware_emu.screens.notice import Acknowledged
from signer.formats.qr.peers import USUAL, Peer
from signer.formats.qr.series import Message
from signer.formats.qr.shower import KEYS, LEAD_S, Shower

_STEPS = {Key.LEFT: "left", Key.RIGHT: "right"}


_ADVICE = "Show this code to the camera of your wallet."
_NEXT = "c"
_AWAITED = ", a request waits"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Something that can be shown as codes, and what it is called."""

    title: str
    message: Message = field(repr=False)


@dataclass(frozen=True, slots=True)
class Qr:
    """The codes of one message in turn, as large as the face has room for.

    `alternatives` are what else can be shown of the same thing, by a key that goes through them.
    `is_awaited` says that something waits until a person has done with it. `advice` is what to do
    with the codes.
    """

    kind: ClassVar[str] = "qr"

    title: str
    shower: Shower
    alternatives: tuple[Alternative, ...] = ()
    is_awaited: bool = False
    advice: str = _ADVICE

    @property
    def frame(self) -> str:
        """The text of the code on the screen now."""
        return self.shower.text

    @property
    def version(self) -> int | None:
        """The QR version of the whole series; None for texts that stand as they are."""
        return self.shower.series.version

    @property
    def frames(self) -> tuple[str, ...]:
        """The texts of one round; an endless one is cut where a reader without losses is done."""
        shower = self.shower
        return tuple(map(shower.series.text, range(min(shower.length, 2 * shower.series.count))))

    @property
    def keys(self) -> str:
        """The keys beside the buttons, and what each does."""
        return (
            f"{_NEXT} {self.alternatives[0].title.lower()}  {KEYS}" if self.alternatives else KEYS
        )

    def lines(self) -> tuple[str, ...]:
        hint = wrap(f"{_NEXT}: {self.alternatives[0].title.lower()}") if self.alternatives else ()
        body = ("", *wrap(self.advice), "", *wrap(self.summary))
        body = (*body, *hint)
        return framed(heading(self.title), body, buttons(ok="done"))

    @property
    def asks_yes(self) -> bool:
        """A key that is still down from the page before must not take the code away."""
        return True

    @property
    def asks_hold(self) -> bool:
        return False

    @property
    def summary(self) -> str:
        """How many codes there are, and how long they take."""
        return self.shower.summary() + (_AWAITED if self.is_awaited else "")

    def press(self, key: Key) -> "Qr | Acknowledged":
        if step := _STEPS.get(key):
            return replace(self, shower=self.shower.press(step))
        return Acknowledged()

    def typed(self, character: str) -> "Qr | Acknowledged":
        """Denser, coarser, faster, slower, pause: see `Shower.press`; and what is shown."""
        if character == "x":
            return Acknowledged()
        if character == _NEXT and self.alternatives:
            return self._next()
        return replace(self, shower=self.shower.press(character))

    def _next(self) -> "Qr":
        (alternative, *more), message = self.alternatives, self.shower.message
        alternatives = (*more, Alternative(self.title, message))
        # Its codes begin anew, in the size and at the speed that a person chose.
        shower = replace(
            self.shower, message=alternative.message, shown=0, shown_s=-LEAD_S, is_paused=False
        )
        return replace(self, title=alternative.title, shower=shower, alternatives=alternatives)

    def tick(self, seconds: float) -> "Qr":
        shower = self.shower.tick(seconds)
        return self if shower is self.shower else replace(self, shower=shower)

    def fit(self, version: int) -> "Qr":
        """With room for codes of this version."""
        shower = self.shower.fit(version)
        return self if shower is self.shower else replace(self, shower=shower)


def animated(
    title: str, message: Message, peer: Peer = USUAL, alternatives: tuple[Alternative, ...] = ()
) -> Qr:
    """The screen that shows `message`, in as many codes as it takes."""
    return Qr(title, Shower(message, peer), alternatives)
