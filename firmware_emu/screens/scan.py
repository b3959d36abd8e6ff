"""What the camera has of an animated code so far: a map of its parts, and why it does not go on."""

from dataclasses import dataclass, replace
from enum import Enum
from math import ceil
from typing import ClassVar, Final

from firmware_emu.screens import COLUMNS, Key
from firmware_emu.screens.layout import buttons, framed, heading, wrap
from firmware_emu.screens.notice import Acknowledged
from signer.formats.qr.parts import Progress

STALLED_S: Final = 3.0  # without a new part; the slowest senders show a code for two seconds
GONE_S: Final = 10.0  # without any code
_MOST: Final = 99_999  # that is written of a count
_CELLS: Final = 2 * COLUMNS
_WHOLE_SIGN, _PART_SIGN, _GAP_SIGN = "#", "+", "."


class Sight(Enum):
    """What the last code was."""

    FRESH = "new"
    AGAIN = "again"
    FOREIGN = "foreign"
    DAMAGED = "damaged"


_REASONS: Final = {
    Sight.FRESH: "No code is seen now. Hold the codes before the camera.",
    Sight.AGAIN: "The same codes come again. Let it run, hold still, or show them larger.",
    Sight.FOREIGN: "Other codes are in view. Show this one alone.",
    Sight.DAMAGED: "Codes are misread. Hold still, or show them larger and slower.",
}


@dataclass(frozen=True, slots=True)
class Scan:
    """`counts` are of codes that were new, again, foreign and damaged; `number` is of the scan.

    Times are in seconds: since the first code, since the last new one, and since any.
    """

    kind: ClassVar[str] = "scan"

    progress: Progress
    number: int = 0
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)
    last: Sight = Sight.FRESH
    elapsed_s: float = 0.0
    stalled_s: float = 0.0
    unseen_s: float = 0.0

    def saw(self, progress: Progress) -> "Scan":
        """After a part: the animation of which most is known is the one that is meant."""
        if progress.series != self.progress.series and progress.known <= self.progress.known:
            return self.misread(Sight.FOREIGN)
        sight = Sight.FRESH if progress.new else Sight.AGAIN
        scan = replace(self.misread(sight), progress=progress)
        return replace(scan, stalled_s=0.0) if progress.new else scan

    def misread(self, sight: Sight) -> "Scan":
        """After a code that brought nothing."""
        counts = [count + (kind is sight) for kind, count in zip(Sight, self.counts, strict=True)]
        new, again, foreign, damaged = counts
        return replace(self, counts=(new, again, foreign, damaged), last=sight, unseen_s=0.0)

    def tick(self, seconds: float) -> "Scan | Acknowledged":
        """After this much time; it ends where no code was seen for long."""
        scan = replace(
            self,
            elapsed_s=self.elapsed_s + seconds,
            stalled_s=self.stalled_s + seconds,
            unseen_s=self.unseen_s + seconds,
        )
        return scan if scan.unseen_s < GONE_S else Acknowledged()

    @property
    def seconds_left(self) -> int | None:
        """How long it takes at the pace so far; None where nothing came after the first code."""
        new = self.counts[0] - 1
        if new < 1 or not self.elapsed_s:
            return None
        # The pace is that up to the last new part: a pause does not make the rest slower.
        pace = new / max(0.1, self.elapsed_s - self.stalled_s)
        return ceil((self.progress.needed - self.progress.known) / pace)

    def lines(self) -> tuple[str, ...]:
        count = f"{self.progress.known} of {self.progress.needed}"
        body = ("", *_map(self.progress.parts), _counted(self.counts), *wrap(self._sentence()))
        return framed(heading("Scanning", count), body, buttons(ok="done"))

    def press(self, key: Key) -> "Scan | Acknowledged":
        return Acknowledged() if key in (Key.OK, Key.STOP, Key.HOLD) else self

    def _sentence(self) -> str:
        if self.stalled_s >= STALLED_S:
            return _REASONS[Sight.FRESH if self.unseen_s >= STALLED_S else self.last]
        left = self.seconds_left
        return "Hold still." if left is None else f"About {left} s left. Hold still."


def _map(parts: tuple[bool, ...]) -> tuple[str, ...]:
    """Two rows at most: a sign for each part, or for several where there are many."""
    a_cell = -(-len(parts) // _CELLS) or 1
    groups = [parts[start : start + a_cell] for start in range(0, len(parts), a_cell)]
    signs = "".join(
        _WHOLE_SIGN if all(group) else _PART_SIGN if any(group) else _GAP_SIGN for group in groups
    )
    return tuple(signs[start : start + COLUMNS] for start in range(0, len(signs), COLUMNS))


def _counted(counts: tuple[int, int, int, int]) -> str:
    """What is not zero, shortened so that four large numbers fit."""
    terms = ((count, sight.value) for count, sight in zip(counts, Sight, strict=True) if count)
    line = ", ".join(f"{count} {word}" for count, word in terms)
    return line if len(line) <= COLUMNS else " ".join(str(min(count, _MOST)) for count in counts)
