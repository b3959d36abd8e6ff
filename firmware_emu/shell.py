"""Carries events in and effects out, in order. It opens nothing and never waits."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from firmware_emu.effects import BytesOut, Effect, HangUp, Refuse, Resume, Save, Show
from firmware_emu.events import BytesIn, Event, Port, PortClosed, Resumed, Shown, Ticked, Timed

Write = Callable[[bytes], None]
Callback = Callable[[], None]
Hear = Callable[[str], None]


class Machine(Protocol):
    """The device, as its shell sees it."""

    def start(self) -> list[Effect]: ...

    def handle(self, event: Event, /) -> list[Effect]: ...

    def takes(self, port: Port, /) -> bool:
        """Whether it takes more bytes of this port now."""
        ...


class Flash(Protocol):
    """Where the record is kept. When `save` returns, a power cut no longer loses it."""

    def save(self, record: bytes, /) -> None: ...


class Face(Protocol):
    """A front panel. `show` must not wait."""

    def show(self, show: Show, /) -> None: ...


TURNS = 4  # of the ports, before keys are looked at again


def _ignore() -> None:
    pass


def _timeless() -> float:
    return 0.0


def _discard(_data: bytes | str) -> None:
    pass


_OWN = Port("", "device")


def _immediately(go_on: Callback) -> None:
    go_on()


@dataclass(slots=True)
class _Line:
    """An open port: who hears it, and what came over it that the device has not taken yet."""

    write: Write
    hang_up: Callback
    pieces: deque[tuple[Event, Callback]] = field(default_factory=deque)
    closed: Callback | None = None


class Shell:
    """One running device: its ports, its faces, its flash.

    Events are handled one after the other, each with all its effects before the next: what a
    face makes happen while it is shown something waits for its turn. Keys and time go before
    bytes, and each port has its turn with one piece of bytes, so that no host keeps a person or
    another host waiting (threat T97). `breathe` is called before slow arithmetic and must call
    what it is given, at once or a moment later: that moment lets a face be painted ("Checking
    the PIN."). `later` is the same before every turn of the ports: what a loop has, so that keys
    are looked at in between. `now` is a clock in seconds that never goes back.
    """

    def __init__(
        self,
        device: Machine,
        flash: Flash,
        faces: Iterable[Face] = (),
        breathe: Callable[[Callback], None] = _immediately,
        now: Callable[[], float] = _timeless,
        later: Callable[[Callback], None] = _immediately,
    ) -> None:
        self._device = device
        self._flash = flash
        self._faces: list[tuple[Face, Hear]] = [(face, _discard) for face in faces]
        self._breathe = breathe
        self.now = now
        self._later = later
        # Who was served last stands at the end. What a request left to do stands among the hosts.
        self._lines: dict[Port, _Line] = {_OWN: _Line(_discard, _ignore)}
        self._waiting: deque[tuple[Event, Callback]] = deque()
        self._busy = False
        self._is_turn_due = False
        self._last_show: Show | None = None

    def start(self) -> None:
        """Switch on: the device shows its first screen."""
        self._carry(self._device.start(), _ignore)

    def happen(self, event: Event, callback: Callback = _ignore) -> None:
        """Let the device handle `event`; when all it asked for is carried out, call `callback`.

        Bytes wait until the device takes them. A link reads no more of a port before their
        `callback` came.
        """
        if isinstance(event, Timed) and not event.at_s:
            event = replace(event, at_s=self.now())
        line = self._lines.get(event.port) if isinstance(event, BytesIn) else None
        queue = line.pieces if line else self._waiting
        queue.append((event, callback))
        self._go_on()

    def plug_in(self, port: Port, write: Write, hang_up: Callback = _ignore) -> None:
        """Connect `port`: each reply is handed to `write` whole, in one call.

        `hang_up` is called when nothing more should be read of it: what came was no message.
        """
        self._lines = {port: _Line(write, hang_up), **self._lines}  # who is new goes first

    def pull_out(self, port: Port, callback: Callback = _ignore) -> None:
        """Disconnect `port`, with what came over it and the device has not taken.

        The writer still gets what the device says to the closing port.
        """
        line = self._lines.get(port)
        if line is not None and line.closed is None:
            line.closed = callback
            if not line.pieces:
                self._waiting.append(self._closing(port, line))
            self._go_on()

    def pull_all(self) -> None:
        """Disconnect every port, so that nobody is left waiting for a reply."""
        for port, line in tuple(self._lines.items()):
            line.pieces.clear()
            if line.closed is None and port is not _OWN:
                self.pull_out(port)

    def watch(self, face: Face, refused: Hear = _discard) -> None:
        """Add a front panel; it is shown the present screen at once.

        `refused` is called with what each host reads whose request is refused.
        """
        self._faces.append((face, refused))
        if self._last_show is not None:
            face.show(self._last_show)

    def look_away(self, face: Face) -> None:
        """Remove a front panel."""
        self._faces = [watching for watching in self._faces if watching[0] is not face]

    def _go_on(self) -> None:
        while self._waiting and not self._busy:
            self._handle(*self._waiting.popleft())
        if not (self._busy or self._is_turn_due) and self._next_port():
            self._is_turn_due = True
            self._later(self._turn)

    def _next_port(self) -> Port | None:
        """Whose turn it is: a port with bytes that the device takes, or that has closed."""
        for port, line in self._lines.items():
            if line.pieces and (line.closed or self._device.takes(port)):
                return port
        return None

    def _turn(self) -> None:
        self._is_turn_due = False
        for _ in range(TURNS):
            if not self._busy and (port := self._next_port()):
                self._serve(port)
        self._go_on()

    def _serve(self, port: Port) -> None:
        line = self._lines[port] = self._lines.pop(port)
        if line.closed:
            self._handle(*self._closing(port, line))
        else:
            self._handle(*line.pieces.popleft())

    def _closing(self, port: Port, line: _Line) -> tuple[Event, Callback]:
        pieces = [event.data for event, _ in line.pieces if isinstance(event, BytesIn)]
        line.pieces.clear()
        return PortClosed(port, b"".join(pieces)), partial(self._forget, port, line.closed)

    def _forget(self, port: Port, callback: Callback | None) -> None:
        self._lines.pop(port, None)
        if callback is not None:
            callback()

    def _handle(self, event: Event, callback: Callback) -> None:
        self._busy = True
        self._carry(self._device.handle(event), callback)

    def _carry(self, effects: list[Effect], callback: Callback) -> None:
        """Carry out `effects`. After a crash on the way the shell stays busy: all is over."""
        self._busy = True
        for effect in effects:
            if isinstance(effect, Resume):
                self._breathe(lambda: self._resume(callback))
                return
            self._carry_out(effect)
        self._busy = False
        callback()

    def _resume(self, callback: Callback) -> None:
        self._carry(self._device.handle(Resumed()), callback)
        # The next request is not begun before keys and every other host had their turn.
        own = self._lines[_OWN] = self._lines.pop(_OWN)
        own.pieces.append((Ticked(0.0, self.now()), _ignore))
        self._go_on()

    def _carry_out(self, effect: Show | BytesOut | Refuse | HangUp | Save) -> None:
        match effect:
            # A lowered try counter must be on disk before the world learns anything about
            # the PIN: the device puts Save first, and nothing later happens until it is durable.
            case Save(record):
                self._flash.save(record)
            case Show():
                self._show(effect)
            case BytesOut(port, data):
                if line := self._lines.get(port):
                    line.write(data)
            case Refuse(sentence):
                for _, refused in tuple(self._faces):
                    refused(sentence)
            case HangUp(port):
                if line := self._lines.get(port):
                    line.hang_up()

    def _show(self, show: Show) -> None:
        self._last_show = show
        whole_since = Shown(self.now())
        for face, _ in tuple(self._faces):
            face.show(show)
        if show.is_new:
            self._device.handle(whole_since)
