"""A payload as a series of QR codes, and back: `split` and, on the other side, `PartCollector`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice

from signer.errors import Malformed
from signer.formats.qr import fountain, ur
from signer.formats.qr.fountain import FountainDecoder
from signer.formats.qr.ur import Ur, UrPart


def split(payload: Ur, max_fragment: int) -> tuple[str, ...]:
    """The texts of the QR codes to show one after the other, round and round.

    A payload of at most `max_fragment` bytes is one code. Of n fragments, the parts 1..2n are
    shown: the second half repairs losses, and starting over then suits the many readers that
    only peel better than an endless series does (30 % loss, 64 fragments: 122 codes against 167).
    """
    if len(payload.cbor) <= max_fragment:
        return (ur.render(payload),)
    count = len(fountain.fragments(payload.cbor, max_fragment))
    series = islice(fountain.parts(payload.cbor, max_fragment), 2 * count)
    return tuple(ur.render(UrPart(payload.type, part)) for part in series)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a stranger's codes may cost: `candidates` messages of `message_bytes` each.

    Beside them `strays` of which one part was seen: a few thousand bytes each.
    """

    message_bytes: int = 512 << 10
    parts: int = 2048
    candidates: int = 4
    strays: int = 64

    def surplus(self, known: Sequence[int]) -> int | None:
        """Which message to forget, of those that `known` has in the order they were last seen.

        A stray comes once. What goes on does not make way for it, nor an animation for another.
        """
        young = [index for index, count in enumerate(known) if count <= 1]
        if len(young) > self.strays:
            return young[0]
        if len(known) - len(young) > self.candidates:
            return min(set(range(len(known))) - {*young}, key=lambda index: (known[index], index))
        return None


@dataclass(frozen=True, slots=True)
class Progress:
    """`known` of `needed` facts about the message are in; `new` when this code brought one.

    `series` tells one message from another, and `parts` says which of its parts are known.
    """

    known: int
    needed: int
    new: bool
    series: object = field(default=None, compare=False)
    parts: tuple[bool, ...] = field(default=(), compare=False)


class PartCollector:
    """Takes the texts of QR codes in any order until they make up one whole UR.

    Codes of different messages may come mixed: each message is collected apart, so a stray code
    neither spoils nor restarts what is under way (threat T76).
    """

    def __init__(self, types: Collection[str], limits: Limits | None = None) -> None:
        self._wanted = tuple(types)
        self._limits = limits or Limits()
        self._candidates: list[tuple[str, FountainDecoder]] = []

    def add(self, text: str) -> Progress | Ur:
        """Take one code. The whole UR when this one completed it.

        Raises Malformed for a code that cannot belong to a UR of a wanted type within the
        limits, and for the code that completed a message whose checksum then was wrong.
        """
        parsed = ur.parse(text)
        if parsed.type not in self._wanted:
            expected = " or ".join(self._wanted)
            raise Malformed(f"The code holds {parsed.type}; expected is {expected}.")
        if isinstance(parsed, Ur):
            return parsed
        return self._take(parsed)

    def reset(self) -> None:
        """Forget every unfinished message."""
        self._candidates.clear()

    def _take(self, ur_part: UrPart) -> Progress | Ur:
        part = ur_part.part
        if part.message_length > self._limits.message_bytes or part.count > self._limits.parts:
            raise Malformed("The message is too long to be taken by QR codes.")
        decoder = self._decoder(ur_part)
        is_new = decoder.add(part)
        try:
            message = decoder.message()
        except Malformed:
            self._candidates.remove((ur_part.type, decoder))
            raise
        surplus = self._limits.surplus([known.known for _, known in self._candidates])
        if surplus is not None:
            del self._candidates[surplus]
        if message is None:
            series = (ur_part.type, decoder.kind)
            return Progress(decoder.known, decoder.count, is_new, series, decoder.solved)
        # Others may go on: what another animation has shown so far is not lost by it.
        self._candidates = [known for known in self._candidates if known[1] is not decoder]
        return Ur(ur_part.type, message)

    def _decoder(self, ur_part: UrPart) -> FountainDecoder:
        """The message this part belongs to; candidates stay in the order they were last seen."""
        for candidate in self._candidates:
            if candidate[0] == ur_part.type and candidate[1].fits(ur_part.part):
                self._candidates.remove(candidate)
                break
        else:
            candidate = (ur_part.type, FountainDecoder(ur_part.part))
        self._candidates.append(candidate)
        return candidate[1]
