"""Where one message ends and the next begins: Jade's links carry bare CBOR maps, one after another.

The firmware cannot tell broken CBOR from a map that is still coming, and neither does this. Bytes
that never become a map are given up when they have lain for two seconds and new ones arrive, or
when the buffer is full; and their number is reported, so that a peer can find its place again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from signer.formats import cbor

FULL = 401 * 1024
STALE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class RpcMessage:
    """A whole map, and how many bytes it took."""

    fields: dict[str | int, cbor.Value] = field(repr=False)
    used: int


@dataclass(frozen=True, slots=True)
class Garbage:
    """So many bytes were thrown away."""

    count: int


class Framer:
    """Bytes in, messages out. Time is told by `tick`."""

    __slots__ = ("_buffer", "_needed", "_quiet")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._quiet = 0.0
        self._needed = 0  # fewer bytes than this cannot be a message: no use to look again

    def tick(self, seconds: float) -> None:
        self._quiet += seconds

    def receive(self, data: bytes) -> Iterator[RpcMessage | Garbage]:
        """What the new bytes complete, or make hopeless."""
        stale = len(self._buffer) if self._quiet >= STALE_SECONDS else 0
        self._quiet = 0.0
        remaining = memoryview(data)
        while remaining:
            room = FULL - len(self._buffer)
            self._buffer += remaining[:room]
            remaining = remaining[room:]
            yield from self._split(stale)
            stale = 0

    def _split(self, stale: int) -> Iterator[RpcMessage | Garbage]:
        while self._buffer:
            if message := self._next():
                stale = max(0, stale - message.used)
                yield message
            elif stale:
                self._drop(stale)
                yield Garbage(stale)
                stale = 0
            else:
                break
        if len(self._buffer) >= FULL:
            yield Garbage(self._drop(len(self._buffer)))

    def _next(self) -> RpcMessage | None:
        if len(self._buffer) < self._needed:
            return None
        match cbor.decode_prefix(self._buffer, cbor.ANSWERED):
            case cbor.Complete(value=dict() as fields, used=used):
                self._drop(used)
                return RpcMessage(fields, used)
            case cbor.Incomplete(at_least=at_least):
                self._needed = at_least
            case cbor.Complete() | cbor.Broken():
                self._needed = FULL + 1
        return None

    def _drop(self, count: int) -> int:
        del self._buffer[:count]
        self._needed = 0
        return count
