"""Which personality speaks on which port, whose turn it is, and what a hang-up leaves behind."""

import struct
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from firmware_emu.commands import Fault, FaultCode, GetInfo, Reply, Request
from firmware_emu.events import Port
from firmware_emu.personalities import Personality, PersonalityFactory, Profile
from firmware_emu.screens import Screen
from signer.errors import Malformed, Refused

QUEUE = 32  # a host that asks on and on while a person reads gets errors, not our memory
_CLOSED = Fault(FaultCode.DECLINED, "The connection was closed before there was an answer.")
_BUSY = Fault(FaultCode.BAD_REQUEST, "Too many requests are waiting.")
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

    __slots__ = ("_failed", "_load", "_open", "_parked", "_profile", "waiting")

    def __init__(self, load: Callable[[str], PersonalityFactory], profile: Profile) -> None:
        self._load = load
        self._profile = profile
        self._open: dict[Port, Personality] = {}
        self._parked: dict[str, Personality] = {}
        self._failed: list[Port] = []
        self.waiting: deque[tuple[Port, Request]] = deque()

    def receive(self, port: Port, data: bytes) -> Iterator[Request | bytes]:
        """What to send, and what to answer out of turn. Other requests go to `waiting`."""
        personality = self._personality(port)
        with self._contained(port):
            for item in personality.receive(data):
                if isinstance(item, bytes) or item.command == GetInfo(at_once=True):
                    yield item
                elif len(self.waiting) < QUEUE:
                    self.waiting.append((port, item))
                elif isinstance(refusal := self.reply(port, item, _BUSY), bytes):
                    yield refusal

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
        unanswered += [turn for waiting, turn in self.waiting if waiting == port]
        self.waiting = deque(turn for turn in self.waiting if turn[0] != port)
        wires = [self.reply(port, turn, _CLOSED) for turn in unanswered]
        if personality := self._open.pop(port, None):
            with self._contained(port):
                personality.hang_up()
                self._parked[port.personality] = personality  # the next port of its kind
        return [wire for wire in wires if isinstance(wire, bytes)]

    def tick(self, seconds: float) -> None:
        for port, personality in tuple(self._open.items()):
            with self._contained(port):
                personality.tick(seconds)

    def forget(self) -> None:
        """Drop what waits for a reconnect: after locking nobody fetches the rest of an answer."""
        self._parked.clear()

    def restart(self, profile: Profile) -> list[tuple[Port, bytes]]:
        """Begin anew on all ports with another profile; what to say to those who still wait."""
        wires = [(port, wire) for port in tuple(self._open) for wire in self.close(port, None)]
        self._parked.clear()
        self._profile = profile
        return wires

    def take_failed(self) -> list[Port]:
        """The ports whose personality failed since this was last asked. Their state is dropped."""
        failed, self._failed = self._failed, []
        return failed

    def _personality(self, port: Port) -> Personality:
        if port not in self._open:
            parked = self._parked.pop(port.personality, None)
            self._open[port] = parked or self._load(port.personality)(self._profile)
        return self._open[port]

    @contextmanager
    def _contained(self, port: Port) -> Iterator[None]:
        """A fault of a personality ends its own state and nothing else."""
        try:
            yield
        except _FAULTS:
            self._open.pop(port, None)
            self._failed.append(port)
