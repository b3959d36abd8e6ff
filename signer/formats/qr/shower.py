"""Codes one after the other, as a value: which one is shown, how large, how fast, until when.

Whoever draws tells it the room there is, the time that goes by and the keys that were pressed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from signer.formats.qr.peers import USUAL, Peer, Turns
from signer.formats.qr.series import LARGEST, SMALLEST, Message, Series, cut

LEAD_S: Final = 1.0  # the first code stands: time to read how many come, and to aim
JITTER: Final = 0.15
FASTEST_S, SLOWEST_S = 0.05, 2.0
KEYS: Final = "+- size  < > speed  space pause  ← → step  f full"
_FASTER: Final = 0.8
_SHORT_S: Final = 9.95  # below it tenths are a matter
_GOLDEN: Final = 0.618  # its multiples, modulo 1, spread evenly and never fall into step


@dataclass(frozen=True, slots=True)
class Shower:
    """`room` is the largest QR version there is place for. `shown` counts codes from 0.

    The time of a code changes by up to JITTER: at an even beat a camera may catch every change
    between two codes in the middle of an exposure, and see none of them ever.
    """

    message: Message = field(repr=False)
    peer: Peer = USUAL
    room: int = USUAL.version
    denser: int = 0
    period_s: float = 0.0
    shown: int = 0
    shown_s: float = -LEAD_S
    is_paused: bool = False

    @property
    def version(self) -> int:
        """The largest QR version to use: what the reader takes, what there is room for, the key."""
        return max(SMALLEST, min(self.room, min(self.room, self.peer.version) + self.denser))

    @property
    def series(self) -> Series:
        is_solved = self.peer.turns is Turns.ENDLESS
        return cut(self.message, self.version, is_solved=is_solved)

    @property
    def length(self) -> int:
        """How many codes there are before it starts over."""
        series = self.series
        turns = {Turns.TWICE: 2 * series.count, Turns.PURE: series.count}
        return min(series.length, turns.get(self.peer.turns, series.length))

    @property
    def index(self) -> int:
        return self.shown % self.length

    @property
    def text(self) -> str:
        """The text of the code that is shown."""
        return self.series.text(self.index)

    @property
    def code_s(self) -> float:
        """Seconds a code stands, on average."""
        return self.period_s or self.peer.period_s

    @property
    def seconds(self) -> float:
        """From the first code on, until a camera has seen as many as a reader needs at least."""
        return LEAD_S + (self.series.count - 0.5) * self.code_s

    def period_of(self, shown: int) -> float:
        """Seconds that code number `shown` stands, from 0."""
        return self.code_s * (1 + JITTER * (2 * (shown * _GOLDEN % 1) - 1))

    def summary(self) -> str:
        """How many codes, and how long they take."""
        if self.series.count == 1:
            return "1 code"
        pause = "paused, " if self.is_paused else ""
        return f"{pause}{self.index % self.series.count + 1}/{self.series.count}, {self._time()}"

    def announcement(self) -> str:
        """How many codes there are, of which version, and how long a round takes."""
        count, version = self.series.count, self.series.version
        size = f" of version {version}" if version else ""
        return f"{count} codes{size}, {self._time()}" if count > 1 else f"1 code{size}"

    def _time(self) -> str:
        return f"{self.seconds:.1f} s" if self.seconds < _SHORT_S else f"{self.seconds:.0f} s"

    def fit(self, version: int) -> "Shower":
        """With room for codes of this version; another size begins anew."""
        room = max(SMALLEST, min(version, LARGEST))
        return self if room == self.room else _restarted(replace(self, room=room), self)

    def tick(self, seconds: float) -> "Shower":
        """After this much time; the same object where nothing can change."""
        if self.is_paused or self.series.count == 1:
            return self
        shown_s = self.shown_s + seconds
        period_s = self.period_of(self.shown)
        if shown_s < period_s:
            return replace(self, shown_s=shown_s)
        # What came late is made up for, but never by a code that is gone before it was seen.
        return replace(self, shown=self.shown + 1, shown_s=min(shown_s - period_s, period_s / 2))

    def press(self, key: str) -> "Shower":
        """After one of the keys in KEYS, or "left" and "right"; others change nothing."""
        change = _CHANGES.get(key)
        return change(self) if change else self


def _sized(shower: Shower, step: int) -> Shower:
    changed = replace(shower, denser=shower.denser + step)
    return shower if changed.version == shower.version else _restarted(changed, shower)


def _restarted(changed: Shower, previous: Shower) -> Shower:
    """Codes of another size belong to another series: what a reader has of the old is worthless."""
    is_same = changed.version == previous.version
    lead_s = min(0.0, previous.shown_s) if previous.shown == 0 else 0.0  # what is left of it
    return changed if is_same else replace(changed, shown=0, shown_s=lead_s)


def _timed(shower: Shower, factor: float) -> Shower:
    return replace(shower, period_s=max(FASTEST_S, min(shower.code_s * factor, SLOWEST_S)))


def _paused(shower: Shower) -> Shower:
    return replace(shower, is_paused=not shower.is_paused)


def _stepped(shower: Shower, step: int) -> Shower:
    if shower.series.count == 1:
        return shower
    return replace(shower, shown=(shower.shown + step) % shower.length, is_paused=True, shown_s=0.0)


_CHANGES: Final[Mapping[str, Callable[[Shower], Shower]]] = {
    "+": lambda shower: _sized(shower, 1),
    "=": lambda shower: _sized(shower, 1),  # the same key without shift
    "-": lambda shower: _sized(shower, -1),
    ">": lambda shower: _timed(shower, _FASTER),
    ".": lambda shower: _timed(shower, _FASTER),
    "<": lambda shower: _timed(shower, 1 / _FASTER),
    ",": lambda shower: _timed(shower, 1 / _FASTER),
    " ": _paused,
    "left": lambda shower: _stepped(shower, -1),
    "right": lambda shower: _stepped(shower, 1),
}
