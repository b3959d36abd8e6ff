"""Who is connected to a socket: so many at most, with so many bytes that wait for an answer (T97).

Both bounds drop somebody and let the newest in: whoever holds connections open, or fills them with
messages that never end, keeps no other host out.
"""

import sys
from typing import Protocol

MOST_MEMBERS = 600
MOST_BYTES = 4 << 20
FREE = 64  # descriptors for everything else
_WITHOUT_LIMIT = 256  # what Windows can wait for at once is little more


class Member(Protocol):
    """A connection."""

    def drop(self) -> None:
        """End it, after what it is owed was said."""
        ...


class Crowd:
    """The connections of one listener, in the order in which they were last heard."""

    def __init__(self, most: int | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_members() if most is None else most
        self._most_bytes = most_bytes
        self._held: dict[Member, int] = {}
        self._total = 0

    def join(self, member: Member) -> None:
        """Let a new connection in. Where there are too many, one that is owed nothing goes."""
        if len(self._held) >= self._most:
            quiet = (other for other, held in self._held.items() if not held)
            self._drop(next(quiet, next(iter(self._held))))
        self._held[member] = 0

    def heard(self, member: Member, count: int) -> None:
        """`count` bytes came. Where too many wait in all, the connection with most of them goes."""
        self._held[member] = self._held.pop(member) + count
        self._total += count
        if self._total > self._most_bytes:
            self._drop(max(self._held, key=lambda other: self._held[other]))

    def answered(self, member: Member, unsent: int) -> None:
        """An answer went out, or `unsent` bytes of it wait for a client that does not read."""
        if member in self._held:
            self._total += unsent - self._held[member]
            self._held[member] = unsent

    def leave(self, member: Member) -> None:
        """A connection ended."""
        self._total -= self._held.pop(member, 0)

    def _drop(self, member: Member) -> None:
        self.leave(member)
        member.drop()


def most_members() -> int:
    """How many connections one listener may have: a fraction of what the system lets us open."""
    if sys.platform == "win32":
        return _WITHOUT_LIMIT
    import resource  # noqa: PLC0415 - POSIX only

    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(16, min(MOST_MEMBERS, (allowed - FREE) // 2))
