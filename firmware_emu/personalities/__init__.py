"""One folder per wire protocol, with PERSONALITY: it translates, holds no key, draws no screen.

A module `example` of the folder has `EXAMPLES`, by which tests see it at work.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard

from firmware_emu.commands import Command, Reply, Request
from firmware_emu.screens import Screen
from firmware_emu.screens.scan import Scan

MOST_LEFTOVERS = 4


class Leftovers:
    """What hosts that hung up may come back for, by what they will ask with: theirs alone (T99).

    The oldest goes where there are too many, and all of them when the device is locked.
    """

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: dict[object, object] = {}

    def keep(self, key: object, item: object) -> None:
        """Keep `item` for who asks with `key`."""
        self._items.pop(key, None)
        self._items[key] = item
        if len(self._items) > MOST_LEFTOVERS:
            del self._items[next(iter(self._items))]

    def take(self, key: object) -> object | None:
        """What was kept under `key`, once; None where nothing was."""
        return self._items.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self._items.clear()


@dataclass(frozen=True, slots=True)
class Profile:
    """What a protocol has to know of its device. `networks` has the chosen one of each chain.

    `leftovers` are shared by all ports of one device.
    """

    networks: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    serial: bytes = b""
    leftovers: Leftovers = field(default_factory=Leftovers, repr=False, compare=False)

    def network(self, chain: str) -> str:
        """The network that a request is for where its protocol names none."""
        return self.networks[chain]


@dataclass(frozen=True, slots=True)
class Lost:
    """What came is no message: where the link is one that can be hung up, it is (threat T98)."""


class Personality(Protocol):
    """One protocol's state on one port.

    Bytes of any kind are answered or dropped: an exception here closes the port.
    """

    def receive(self, data: bytes, /) -> Iterator["Request | bytes | Lost | Scan"]:
        """The requests that `data` completes, and bytes to send back at once (protocol errors).

        It is gone through as far as the device takes requests, and further when it takes more.
        """
        ...

    def prompted(self, ticket: str, /) -> bytes:
        """What to send now that a person is being asked about a request: b"" where it is usual."""
        ...

    def reply(self, ticket: str, reply: Reply, /) -> "bytes | Screen":
        """The wire form of a reply, or a screen that shows it (a QR code)."""
        ...

    def tick(self, seconds: float, /) -> None:
        """Let time pass, for protocols with timeouts."""
        ...

    def hang_up(self) -> None:
        """The port closed: forget half messages and open tickets.

        What a host may come back for goes to `Profile.leftovers`; every port begins anew.
        """
        ...


@dataclass(frozen=True, slots=True)
class WireExample:
    """Bytes as a host sends them, on a new port, and the commands that they mean.

    A stream can come in any pieces; what is none comes whole, as a QR code does.
    """

    wire: bytes
    commands: tuple[Command, ...]
    is_stream: bool = True


class PersonalityFactory(Protocol):
    """What a package has as PERSONALITY: it is called for each new port."""

    def __call__(self, profile: Profile, /) -> Personality: ...


class IncompletePersonality(Exception):
    """A package that is no whole personality. `missing` names what it lacks."""

    def __init__(self, name: str, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__(f"The personality {name} has no {', '.join(missing)}.")


def names() -> tuple[str, ...]:
    """Every personality there is."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg))


def load(name: str) -> PersonalityFactory:
    """What makes a personality for a new port.

    Raises LookupError for an unknown name, IncompletePersonality for one that is half made.
    """
    if name not in names():
        raise LookupError(name)
    factory: object = getattr(importlib.import_module(f"{__name__}.{name}"), "PERSONALITY", None)
    missing = _missing(factory)
    if missing or not _is_whole(factory):
        raise IncompletePersonality(name, missing)
    return factory


def _missing(factory: object) -> tuple[str, ...]:
    if not callable(factory):
        return ("PERSONALITY",)
    methods = [name for name in vars(Personality) if not name.startswith("_")]
    # A class tells by itself; what another factory makes is not made before a port needs it.
    if not isinstance(factory, type):
        return ()
    return tuple(name for name in methods if not callable(getattr(factory, name, None)))


def _is_whole(factory: object) -> TypeGuard[PersonalityFactory]:
    return not _missing(factory)
