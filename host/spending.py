"""A spending path as people read it: who signs, and when that is possible."""

from dataclasses import dataclass
from datetime import UTC, datetime

from host.config import grouped


def date_text(seconds: int) -> str:
    """Seconds since 1970 as `2027-01-15 08:00 UTC`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True, order=True)
class PathOpening:
    """From when on a block can have it: the newest block's height, and seconds since 1970."""

    height: int
    time: int

    @property
    def text(self) -> str:
        """`block 840,000`, a date, or both."""
        height = f"block {grouped(self.height)}"
        if not self.time:
            return height
        return date_text(self.time) if not self.height else f"{height} and {date_text(self.time)}"


@dataclass(frozen=True, slots=True)
class SpendingPath:
    """A path by its number, from 1: when, and who signs; for how many of the coins that is now.

    `opens` is when the first coin can take it, `opens_all` when every one can.
    """

    number: int
    words: str
    signers: str
    ready: int
    coins: int
    opens: PathOpening
    opens_all: PathOpening

    @property
    def state(self) -> str:
        """Whether it is possible."""
        if self.ready == self.coins:
            return "Possible now." if self.coins else "There is no coin to spend."
        if self.ready:
            count = f"{grouped(self.ready)} of {grouped(self.coins)} coins"
            return f"Possible now for {count}; for all from {self.opens_all.text} on."
        if self.opens == self.opens_all:
            return f"Possible from {self.opens.text} on."
        return (
            f"Possible for a first coin from {self.opens.text} on; for all from"
            f" {self.opens_all.text} on."
        )

    @property
    def sentence(self) -> str:
        """`2. After 10 blocks (about 1.7 hours) since a coin came: key 2 (3f635a63) alone. ...`."""
        return f"{self.number}. {self.words} {self.state}"
