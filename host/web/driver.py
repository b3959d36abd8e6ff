"""What stands between the app and a browser: bytes of a terminal both ways."""

import asyncio
from collections.abc import Callable

from textual import events
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.geometry import Size

MOST_COLUMNS, MOST_ROWS = 400, 200
FIRST_SIZE = (80, 24)
MAX_UNREAD = 4_000_000  # characters; a browser that reads no more is left
ESCAPE_S = 0.15  # longer than the parser waits to know a lone escape
ENTER = "\x1b[?1049h\x1b[2J"
LEAVE = "\x1b[?1049l"


class Wire:
    """The app's screen and keyboard, for one browser at a time."""

    def __init__(self) -> None:
        self._screen: asyncio.Queue[str] | None = None
        self._unread = 0
        self._driver: BrowserDriver | None = None
        self._ended = False

    @property
    def taken(self) -> bool:
        """Whether a browser looks at it."""
        return self._screen is not None

    def connect(self, driver: "BrowserDriver") -> None:
        """The app is there."""
        self._driver = driver

    def look(self) -> None:
        """From now on a browser reads; it begins with the whole screen."""
        self._screen, self._unread = asyncio.Queue(), 0
        self.write(ENTER)
        if self._driver is not None:
            self._driver.repaint()

    def look_away(self) -> None:
        """The browser went away: the app goes on without anybody who looks."""
        self._screen = None

    def write(self, text: str) -> None:
        """What the app draws. Nobody looks: nothing is kept."""
        if self._screen is None:
            return
        self._unread += len(text)
        if self._unread > MAX_UNREAD:
            self._screen.put_nowait("")
            return
        self._screen.put_nowait(text)

    async def read(self) -> str:
        """What was drawn since; "" at the end."""
        if self._screen is None or (self._ended and self._screen.empty()):
            return ""
        text = await self._screen.get()
        self._unread -= len(text)
        return text

    async def end(self) -> None:
        """The app has ended: let the browser see that."""
        self._ended = True
        self.write(LEAVE)
        if self._screen is not None:
            self._screen.put_nowait("")
            await asyncio.sleep(0.1)

    def type(self, text: str) -> None:
        """What a terminal would send for keys, pastes and the mouse."""
        if self._driver is not None:
            self._driver.type(text)

    def resize(self, columns: int, rows: int) -> None:
        """The browser has room for so many letters, within bounds."""
        if self._driver is not None:
            self._driver.resize(max(1, min(columns, MOST_COLUMNS)), max(1, min(rows, MOST_ROWS)))


class BrowserDriver(Driver):
    """Textual's end of a wire. Nothing here knows what is drawn or typed."""

    wire: Wire

    def write(self, data: str) -> None:
        self.wire.write(data)

    def start_application_mode(self) -> None:
        self._parser = XTermParser(debug=False)
        self.wire.connect(self)
        self.resize(*FIRST_SIZE)

    def disable_input(self) -> None:
        """Nobody is listened to any more: the wire ends with the app."""

    def stop_application_mode(self) -> None:
        """There is no terminal to restore."""

    def type(self, text: str) -> None:
        self._send(self._parser.feed, text)
        loop = asyncio.get_running_loop()
        loop.call_later(ESCAPE_S, lambda: self._send(lambda _: self._parser.tick(), ""))

    def resize(self, columns: int, rows: int) -> None:
        size = Size(columns, rows)
        self._size = (columns, rows)
        self.send_message(events.Resize(size, size))

    def repaint(self) -> None:
        """All of it, for a browser that has seen nothing yet."""
        self._app.refresh(layout=True)
        self._app.screen.refresh(layout=True)

    def _send(self, read: Callable[[str], object], text: str) -> None:
        for event in read(text):  # type: ignore[attr-defined]
            self.process_message(event)


def driver_class(wire: Wire) -> type[BrowserDriver]:
    """The driver of one app, which Textual makes by itself."""
    return type("WiredDriver", (BrowserDriver,), {"wire": wire})
