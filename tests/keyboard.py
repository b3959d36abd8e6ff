"""The terminal face as a keyboard reaches it: by bytes, on a clock that is moved.

Textual's own decoder of terminal input reads them, and waits for the rest of an escape sequence as
long as it does in a terminal, on the device's clock. The application runs its own loop and paints;
what it paints is kept and not written anywhere.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import patch

from textual import events
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message

from firmware_emu.emulator import Emulator
from firmware_emu.faces.terminal import Terminal
from firmware_emu.screens import Key

SIZE = Size(80, 24)
BYTES = {Key.STOP: "\x1b", Key.LEFT: "\x1b[D", Key.RIGHT: "\x1b[C", Key.OK: " "}
_LAST = "f20"  # a key that no keyboard has: when it is heard, all before it has been


class ByteDriver(Driver):
    """What stands between Textual and a terminal: bytes come in, frames go out."""

    painted = ""

    def write(self, data: str) -> None:
        self.painted = (self.painted + data)[-100_000:]

    def start_application_mode(self) -> None:
        self.send_message(events.Resize(SIZE, SIZE))

    def disable_input(self) -> None: ...

    def stop_application_mode(self) -> None: ...


class _Heard(Terminal):
    """The panel, which also says when it is there and when it has heard the last of the keys."""

    all_heard: asyncio.Event

    def on_ready(self) -> None:
        self.all_heard.set()

    def on_key(self, event: events.Key) -> None:
        if event.key == _LAST:
            self.all_heard.set()
        super().on_key(event)


class Keyboard:
    """A panel that one device after the other is plugged into, and the keys that reach it."""

    def __init__(self, app: _Heard) -> None:
        self._app = app
        self._now: Callable[[], float] = lambda: 0.0
        self._parser = XTermParser()

    @property
    def driver(self) -> ByteDriver:
        assert isinstance(self._app._driver, ByteDriver)
        return self._app._driver

    @contextmanager
    def plugged_into(self, device: Emulator) -> Iterator[None]:
        """The panel shows this device, and its decoder goes by the device's clock."""
        app = self._app
        app._shell, self._parser, self._now = device.shell, XTermParser(), device._clock.now
        device.shell.watch(app)
        with patch("textual._parser.get_time", device._clock.now):
            yield
        device.shell.look_away(app)

    async def wait(self, device: Emulator, seconds: float) -> None:
        """Let so much time go by; an escape key that nothing followed is one, in the middle."""
        until = device._clock.now_s + seconds
        due = self._parser._timeout_time
        if due is not None and due <= until:
            device._clock.now_s = due
            await self._hear(self._parser.tick())
        device._clock.now_s = until

    async def press(self, key: Key | str) -> None:
        """The bytes that a terminal sends for this key."""
        await self.type(BYTES[key] if isinstance(key, Key) else key)

    async def type(self, text: str) -> None:
        """All of these bytes in one piece, as a paste comes where a terminal marks none."""
        await self._hear(self._parser.feed(text))

    async def _hear(self, messages: Iterable[Message]) -> None:
        """Until the panel has acted on them."""
        self._app.all_heard.clear()
        for message in (*messages, events.Key(_LAST, None)):
            self.driver.process_message(message)
        await self._app.all_heard.wait()
        await asyncio.sleep(0)  # the panel hands its events to the loop


@asynccontextmanager
async def keyboard() -> AsyncIterator[Keyboard]:
    """A panel of 80 columns and 24 rows, with no device yet."""
    app = _Heard(Emulator().shell, {})
    app.driver_class = ByteDriver
    app.all_heard = asyncio.Event()
    running = asyncio.create_task(app.run_async(size=(SIZE.width, SIZE.height)))
    await app.all_heard.wait()
    yield Keyboard(app)
    app.exit()
    await running
