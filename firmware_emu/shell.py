"""Carries events in and effects out, in order. It opens nothing and never waits."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from firmware_emu.effects import BytesOut, Effect, Resume, Save, Show
from firmware_emu.events import Event, Port, PortClosed, Resumed, Shown, Timed

Write = Callable[[bytes], None]
Callback = Callable[[], None]


class Machine(Protocol):
    """The device, as its shell sees it."""

    def start(self) -> list[Effect]: ...

    def handle(self, event: Event, /) -> list[Effect]: ...


class Flash(Protocol):
    """Where the record is kept. When `save` returns, a power cut no longer loses it."""

    def save(self, record: bytes, /) -> None: ...


class Face(Protocol):
    """A front panel. `show` must not wait."""

    def show(self, show: Show, /) -> None: ...


def _ignore() -> None:
    pass


def _timeless() -> float:
    return 0.0


def _immediately(go_on: Callback) -> None:
    go_on()


class Shell:
    """One running device: its ports, its faces, its flash.

    Events are handled one after the other, each with all its effects before the next: what a
    face makes happen while it is shown something waits for its turn. `rest` is called before
    slow arithmetic and must call what it is given, at once or a moment later: that moment lets a
    face be painted ("Checking the PIN."). `now` is a clock in seconds that never goes back.
    """

    def __init__(
        self,
        device: Machine,
        flash: Flash,
        faces: Iterable[Face] = (),
        breathe: Callable[[Callback], None] = _immediately,
        now: Callable[[], float] = _timeless,
    ) -> None:
        self._device = device
        self._flash = flash
        self._faces = list(faces)
        self._breathe = breathe
        self.now = now
        self._writers: dict[Port, Write] = {}
        self._waiting: deque[tuple[Event, Callback]] = deque()
        self._busy = False
        self._last_show: Show | None = None

    def start(self) -> None:
        """Switch on: the device shows its first screen."""
        self._carry(self._device.start(), _ignore)

    def happen(self, event: Event, callback: Callback = _ignore) -> None:
        """Let the device handle `event`; when all it asked for is carried out, call `then`."""
        if isinstance(event, Timed) and not event.at_s:
            event = replace(event, at_s=self.now())
        self._waiting.append((event, callback))
        self._go_on()

    def plug_in(self, port: Port, write: Write) -> None:
        """Connect `port`: each reply is handed to `write` whole, in one call."""
        self._writers[port] = write

    def pull_out(self, port: Port, callback: Callback = _ignore) -> None:
        """Disconnect `port`. The writer still gets what the device says to the closing port."""

        def closed() -> None:
            self._writers.pop(port, None)
            callback()

        if port in self._writers:
            self.happen(PortClosed(port), closed)

    def pull_all(self) -> None:
        """Disconnect every port, so that nobody is left waiting for a reply."""
        for port in tuple(self._writers):
            self.pull_out(port)

    def watch(self, face: Face) -> None:
        """Add a front panel; it is shown the present screen at once."""
        self._faces.append(face)
        if self._last_show is not None:
            face.show(self._last_show)

    def look_away(self, face: Face) -> None:
        """Remove a front panel."""
        self._faces.remove(face)

    def _go_on(self) -> None:
        while self._waiting and not self._busy:
            event, callback = self._waiting.popleft()
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
        self._go_on()

    def _carry_out(self, effect: Show | BytesOut | Save) -> None:
        match effect:
            # A lowered try counter must be on disk before the world learns anything about
            # the PIN: the device puts Save first, and nothing later happens until it is durable.
            case Save(record):
                self._flash.save(record)
            case Show():
                self._last_show = effect
                shown = Shown(self.now())
                for face in tuple(self._faces):
                    face.show(effect)
                if effect.is_new:
                    self._device.handle(shown)
            case BytesOut(port, data):
                if write := self._writers.get(port):
                    write(data)
