"""Which personality speaks on which port, whose turn it is, and what a hang-up leaves behind."""

from collections import deque
from collections.abc import Callable, Iterator

from firmware_emu.commands import Fault, FaultCode, GetInfo, Reply, Request
from firmware_emu.events import Port
from firmware_emu.personalities import Personality
from firmware_emu.screens import Screen

QUEUE = 32  # a host that asks on and on while a person reads gets errors, not our memory
_GONE = Fault(FaultCode.DECLINED, "The connection was closed before there was an answer.")
_BUSY = Fault(FaultCode.BAD_REQUEST, "Too many requests are waiting.")


class Switchboard:
    """The open ports of one device, and the requests that wait, in turn.

    `load` finds what makes a personality of a name.
    """

    __slots__ = ("_load", "_open", "_parked", "waiting")

    def __init__(self, load: Callable[[str], Callable[[], Personality]]) -> None:
        self._load = load
        self._open: dict[Port, Personality] = {}
        self._parked: dict[str, Personality] = {}
        self.waiting: deque[tuple[Port, Request]] = deque()

    def receive(self, port: Port, data: bytes) -> Iterator[Request | bytes]:
        """What to send, and what to answer out of turn. Other requests go to `waiting`."""
        if port not in self._open:
            parked = self._parked.pop(port.personality, None)
            self._open[port] = parked or self._load(port.personality)()
        for item in self._open[port].receive(data):
            if isinstance(item, bytes) or item.command == GetInfo(at_once=True):
                yield item
            elif len(self.waiting) < QUEUE:
                self.waiting.append((port, item))
            elif isinstance(refusal := self.reply(port, item, _BUSY), bytes):
                yield refusal

    def reply(self, port: Port, request: Request, reply: Reply) -> bytes | Screen | None:
        """The wire form of a reply, or a screen for it; None when nobody is there to hear it."""
        personality = self._open.get(port)
        return (personality.reply(request.ticket, reply) if personality else None) or None

    def close(self, port: Port, asked: Request | None) -> list[bytes]:
        """The port is gone: what to say into it for `asked` and for all that it still waits for.

        A client that merely stopped talking, or is cut off because we stop, still reads; and some
        read on for ever when the connection ends without the answer they wait for.
        """
        owed = [asked] if asked else []
        owed += [request for waiting, request in self.waiting if waiting == port]
        self.waiting = deque(turn for turn in self.waiting if turn[0] != port)
        wires = [self.reply(port, request, _GONE) for request in owed]
        if personality := self._open.pop(port, None):
            personality.hang_up()
            self._parked[port.personality] = personality  # the next port of its kind
        return [wire for wire in wires if isinstance(wire, bytes)]

    def tick(self, seconds: float) -> None:
        for personality in self._open.values():
            personality.tick(seconds)

    def forget(self) -> None:
        """Drop what waits for a reconnect: after locking nobody fetches the rest of an answer."""
        self._parked.clear()
