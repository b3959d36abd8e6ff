"""A device in memory: no socket, no process, no time that passes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from firmware_emu.core.device import Device
from firmware_emu.core.key_policy import gesture
from firmware_emu.effects import Effect, Show
from firmware_emu.emulator.presets import (
    CHEAP,
    ENTROPY,
    MNEMONIC,
    PIN,
    PROMPTS,
    ScreenView,
    sealed_record,
    yes,
)
from firmware_emu.events import (
    BytesIn,
    Event,
    KeyPressed,
    Port,
    PortClosed,
    Resumed,
    Shown,
    Ticked,
    Typed,
)
from firmware_emu.screens import Key
from firmware_emu.shell import Face, Shell
from firmware_emu.storage.vault import Cost
from signer.formats import cbor


class DeviceError(Exception):
    """The device answered a request with an error: `code` and message as they came by the wire."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


class Unanswered(Exception):
    """The device has not answered yet: it asks a person first. See `Emulator.screen`."""


@dataclass(slots=True)
class MemoryFlash:
    """A flash whose every write is kept, the newest last, for tests that cut the power."""

    writes: list[bytes] = field(default_factory=list)

    def save(self, record: bytes) -> None:
        self.writes.append(record)


@dataclass(slots=True)
class SimulatedClock:
    """A clock that stands still until it is set; seconds."""

    now_s: float = 1.0

    def now(self) -> float:
        return self.now_s


class _Remembering:
    """A device and all that happened to it, in order, each with its time."""

    def __init__(self, device: Device, clock: SimulatedClock) -> None:
        self._device = device
        self._clock = clock
        self.past: list[tuple[float, Event]] = []

    def start(self) -> list[Effect]:
        return self._device.start()

    def handle(self, event: Event) -> list[Effect]:
        # These two follow by themselves when the events before them happen again.
        if not isinstance(event, Resumed | Shown):
            self.past.append((self._clock.now_s, event))
        return self._device.handle(event)

    def takes(self, port: Port) -> bool:
        return self._device.takes(port)


class Emulator:
    """A device in memory, unlocked unless told otherwise. As many as you like, all alike.

    `mnemonic` None makes an empty device; `record` starts from the bytes of a flash file instead.
    `network` is what the device is set to: "mainnet", "regtest" ...; a new one is for test coins.
    The same arguments and the same calls give the same bytes: `entropy` is all its chance.
    """

    cost: ClassVar[Cost | None] = CHEAP

    def __init__(
        self,
        mnemonic: str | None = MNEMONIC,
        pin: str = PIN,
        *,
        locked: bool = False,
        record: bytes | None = None,
        entropy: bytes = ENTROPY,
        network: str = "",
    ) -> None:
        """Raises LookupError for a network that there is not."""
        self._network = network
        if record is None and mnemonic is not None:
            record = sealed_record(mnemonic, pin)
        self._begin(record, entropy)
        if self.screen.state == "locked" and not locked:
            self.unlock(pin)

    def _begin(self, record: bytes | None, entropy: bytes) -> None:
        self._origin = record, entropy
        self._clock = SimulatedClock()
        device = Device(record, entropy, self.cost, network=self._network)
        self._device = _Remembering(device, self._clock)
        self._answers = bytearray()
        self._count = 0
        self.flash = MemoryFlash([record] if record else [])
        self.shell = Shell(self._device, self.flash, [self], now=self._clock.now)
        self._port = Port("jade", "memory")
        self.shell.plug_in(self._port, self._answers.extend)
        self.shell.start()

    def show(self, show: Show) -> None:
        """What the shell calls when the screen changes."""
        self._show = show

    def watch(self, face: Face) -> None:
        """Put another front panel beside this one, such as a scripted finger."""
        self.shell.watch(face)

    @property
    def screen(self) -> ScreenView:
        """What a person sees now."""
        return ScreenView.of(self._show)

    def press(self, *keys: str) -> ScreenView:
        """Press "stop", "left", "right", "ok" or "hold", one after the other, as a person does.

        The device's clock moves on by what that takes: half a second a press, one more for a hold.
        """
        for key in keys:
            for seconds, pressed in gesture(Key(key)):
                self._clock.now_s += seconds
                self.shell.happen(KeyPressed(pressed))
        return self.screen

    def type(self, text: str) -> ScreenView:
        """Type characters where the screen takes some: a PIN, letters of a word."""
        self.shell.happen(Typed(text))
        return self.screen

    def unlock(self, pin: str = PIN) -> ScreenView:
        """Enter a PIN on the locked device."""
        self.press("ok")
        self.type(pin)
        return self.press("ok")

    def advance(self, seconds: float) -> ScreenView:
        """Let time go by, at once."""
        self._clock.now_s += seconds
        self.shell.happen(Ticked(seconds))
        return self.screen

    def approve(self) -> tuple[ScreenView, ...]:
        """Say yes to every page that is asked about, and give all that was shown."""
        screens = []
        while self.screen.kind in PROMPTS:
            screens.append(self.screen)
            self.press(yes(self.screen))
        return tuple(screens)

    def reject(self) -> ScreenView:
        """Say no."""
        return self.press("stop")

    def request(self, method: str, params: Mapping[str, Any] | None = None) -> "SentRequest":
        """Send one request of the Jade protocol. `result()` of what this returns is the answer."""
        self._count += 1
        ticket = str(self._count)
        message: dict[str | int, Any] = {"id": ticket, "method": method}
        if params is not None:
            message["params"] = dict(params)
        self.send(cbor.encode(message))
        return SentRequest(self, ticket, method)

    def send(self, data: bytes) -> None:
        """Raw bytes on the wire."""
        self.shell.happen(BytesIn(self._port, data))

    def received(self) -> bytes:
        """All bytes that came back and were not taken as an answer yet."""
        return bytes(self._answers)

    def take_answer(self, ticket: str) -> dict[str, Any] | None:
        """The reply with this id, if it is the next one on the wire."""
        match cbor.decode_prefix(self._answers, cbor.LENIENT):
            case cbor.Complete(dict() as reply, used) if reply.get("id") == ticket:
                del self._answers[:used]
                return dict(reply)
            case _:
                return None

    def hang_up(self) -> ScreenView:
        """Pull the cable, and plug it in again."""
        self.shell.happen(PortClosed(self._port))
        return self.screen

    def power_cycle(self) -> ScreenView:
        """Cut the power and switch on again: what is not in flash is gone."""
        self._network = ""  # by now it is in flash, unless somebody has chosen another since
        self._begin(self.flash.writes[-1] if self.flash.writes else None, self._origin[1])
        return self.screen

    def fork(self) -> "Emulator":
        """A second device that lived the same life up to now; from here on they are apart."""
        twin = object.__new__(Emulator)
        twin._network = self._network
        twin._begin(*self._origin)
        for at_s, event in self._device.past:
            twin._clock.now_s = at_s
            twin.shell.happen(event)
        twin._clock.now_s = self._clock.now_s
        twin._answers[:] = self._answers
        twin._count = self._count
        return twin


@dataclass(slots=True)
class SentRequest:
    """A request that was sent."""

    _device: Emulator
    _ticket: str
    _method: str
    _reply: dict[str, Any] | None = None

    @property
    def answered(self) -> bool:
        self._reply = self._reply or self._device.take_answer(self._ticket)
        return self._reply is not None

    def result(self) -> Any:  # noqa: ANN401 - whatever the protocol says for this method
        """The answer, whole even when it came in parts. Raises DeviceError or Unanswered."""
        reply = self.reply()
        parts = [reply["result"]]
        while reply.get("seqnum", 1) < reply.get("seqlen", 1):
            next_chunk = {"seqnum": reply["seqnum"] + 1, "seqlen": reply["seqlen"]}
            request = {"origid": self._ticket, "orig": self._method} | next_chunk
            reply = self._device.request("get_extended_data", request).reply()
            parts.append(reply["result"])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def reply(self) -> dict[str, Any]:
        """The answer as it came by the wire. Raises DeviceError or Unanswered."""
        if not self.answered or self._reply is None:
            raise Unanswered(self._device.screen.text)
        if error := self._reply.get("error"):
            raise DeviceError(error["code"], error["message"])
        return self._reply
