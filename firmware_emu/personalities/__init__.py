"""One folder per wire protocol, with PERSONALITY: it translates, holds no key, draws no screen."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Protocol

from firmware_emu.commands import Reply, Request
from firmware_emu.screens import Screen


class Personality(Protocol):
    """One protocol's state on one port."""

    def receive(self, data: bytes, /) -> Iterator["Request | bytes"]:
        """The requests that `data` completes, and bytes to send back at once (protocol errors)."""
        ...

    def reply(self, ticket: str, reply: Reply, /) -> "bytes | Screen":
        """The wire form of a reply, or a screen that shows it (a QR code)."""
        ...

    def tick(self, seconds: float, /) -> None:
        """Let time pass, for protocols with timeouts."""
        ...

    def hang_up(self) -> None:
        """The port closed: forget half messages and open tickets.

        The next port of this protocol may be handed this object; what survives a reconnect stays.
        """
        ...


def names() -> tuple[str, ...]:
    """Every personality there is."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg))


def load(name: str) -> Callable[[], Personality]:
    """What makes a personality for a new port. Raises LookupError for an unknown name."""
    if name not in names():
        raise LookupError(name)
    made: Callable[[], Personality] = importlib.import_module(f"{__name__}.{name}").PERSONALITY
    return made
