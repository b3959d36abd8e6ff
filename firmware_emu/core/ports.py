"""Which personality speaks on which port, whose turn it is, and what a hang-up leaves behind."""

import struct
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

from firmware_emu.commands import Fault, FaultCode, GetInfo, Reply, Request
from firmware_emu.events import Port
from firmware_emu.personalities import Lost, Personality, PersonalityFactory, Profile
from firmware_emu.screens import Screen
from firmware_emu.screens.scan import Scan
from signer.errors import Malformed, Refused

AHEAD = 2  # requests of one port that wait while another is dealt with; the rest waits unread
_CLOSED = Fault(FaultCode.DECLINED, "The connection was closed before there was an answer.")
# What a parser raises at bytes that its author did not think of (an end of an iterator inside a
# generator is a RuntimeError). Such a fault belongs to one protocol on one port and must not end
# the device for all others. Nothing else is caught: what runs out of memory, or fails in our own
# arithmetic (CrossCheckFailed), has its reasons elsewhere.
_FAULTS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    Malformed,
    Refused,
)


class Ports:
    """The open ports of one device, and the requests that wait, in turn.

    `load` finds what makes a personality of a name. `profile` is what each is told of the device.
    """

    __slots__ = ("_failed", "_load", "_open", "_profile", "_unread", "_waiting")

    def __init__(self, load: Callable[[str], PersonalityFactory], profile: Profile) -> None:
        self._load = load
        self._profile = profile
        self._open: dict[Port, Personality] = {}
        self._unread: dict[Port, Iterator[Request | bytes | Lost | Scan]] = {}
        self._failed: list[Port] = []
        self._waiting: deque[tuple[Port, Request]] = deque()

    def receive(self, port: Port, data: bytes) -> Iterator[Request | bytes | Lost | Scan]:
        """What to send, and what to answer out of turn. Other requests wait."""
        with self._contained(port):
            before = self._unread.get(port, iter(()))
            self._unread[port] = chain(before, self._personality(port).receive(data))
        yield from self.read_on(port)

    def read_on(self, port: Port) -> Iterator[Request | bytes | Lost | Scan]:
        """The same, of what came earlier: up to where enough requests of this port wait.

        What comes behind them stays unread, and the link is not read (threat T97).
        """
        with self._contained(port):
            while port in self._unread and self._count(port) < AHEAD:
                item = next(self._unread[port], None)
                if item is None:
                    del self._unread[port]
                elif isinstance(item, Request) and item.command != GetInfo(at_once=True):
                    self._waiting.append((port, item))
                else:
                    yield item

    def takes(self, port: Port) -> bool:
        """Whether all that came over a port was read."""
        return port not in self._unread

    def turns(self) -> Iterator[tuple[Port, Request]]:
        """The request of each port whose turn it is there, the oldest first."""
        served: set[Port] = set()
        for port, request in self._waiting:
            if port not in served:
                served.add(port)
                yield port, request

    def take(self, port: Port, request: Request) -> None:
        """A request that waits no more."""
        self._waiting.remove((port, request))

    def _count(self, port: Port) -> int:
        return sum(waiting == port for waiting, _ in self._waiting)

    def prompted(self, port: Port, request: Request) -> bytes:
        """What to send now that a person is being asked about this request."""
        wire = b""
        if personality := self._open.get(port):
            with self._contained(port):
                wire = personality.prompted(request.ticket)
        return wire

    def reply(self, port: Port, request: Request, reply: Reply) -> bytes | Screen | None:
        """The wire form of a reply, or a screen for it; None when nobody is there to hear it."""
        wire: bytes | Screen | None = None
        if personality := self._open.get(port):
            with self._contained(port):
                wire = personality.reply(request.ticket, reply) or None
        return wire

    def close(self, port: Port, request: Request | None) -> list[bytes]:
        """The port is gone: what to say into it for `request` and for all that it still waits for.

        A client that merely stopped talking, or is cut off because we stop, still reads; and some
        read on for ever when the connection ends without the answer they wait for.
        """
        unanswered = [request] if request else []
        unanswered += [turn for waiting, turn in self._waiting if waiting == port]
        self._waiting = deque(turn for turn in self._waiting if turn[0] != port)
        unread = self._unread.pop(port, iter(()))
        wires: list[object] = [self.reply(port, turn, _CLOSED) for turn in unanswered]
        with self._contained(port):
            wires += (
                self.reply(port, item, _CLOSED) if isinstance(item, Request) else item
                for item in unread
            )
        if personality := self._open.pop(port, None):
            with self._contained(port):
                personality.hang_up()
        return [wire for wire in wires if isinstance(wire, bytes)]

    def tick(self, seconds: float) -> None:
        for port, personality in tuple(self._open.items()):
            with self._contained(port):
                personality.tick(seconds)

    def forget(self) -> None:
        """Drop what waits for a reconnect: after locking nobody fetches the rest of an answer."""
        self._profile.leftovers.clear()

    def restart(self, profile: Profile) -> list[tuple[Port, bytes]]:
        """Begin anew on all ports with another profile; what to say to those who still wait."""
        wires = [(port, wire) for port in tuple(self._open) for wire in self.close(port, None)]
        self.forget()
        self._profile = profile
        return wires

    def take_failed(self) -> list[Port]:
        """The ports whose personality failed since this was last asked. Their state is dropped."""
        failed, self._failed = self._failed, []
        return failed

    def _personality(self, port: Port) -> Personality:
        if port not in self._open:
            self._open[port] = self._load(port.personality)(self._profile)
        return self._open[port]

    @contextmanager
    def _contained(self, port: Port) -> Iterator[None]:
        """A fault of a personality ends its own state and nothing else."""
        try:
            yield
        except _FAULTS:
            self._open.pop(port, None)
            self._unread.pop(port, None)
            self._failed.append(port)
