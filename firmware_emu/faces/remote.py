"""A front panel on a socket: screens out, keys in, one JSON object a line (see README.md)."""

import asyncio
import base64
import hmac
import json
from collections.abc import Callable, Mapping

from firmware_emu.core.key_policy import gesture
from firmware_emu.crowd import Crowd
from firmware_emu.effects import Show
from firmware_emu.events import Event, Fits, KeyPressed, Ticked, Typed
from firmware_emu.faces import FaceError
from firmware_emu.paint.drawing import draw
from firmware_emu.paint.paint import paint
from firmware_emu.screens import Key
from firmware_emu.shell import Shell
from signer.formats.qr.series import LARGEST

LONGEST_LINE = 1 << 16  # bytes; the longest honest one is some words of a seed
LONGEST_TEXT = 256
LONGEST_ADVANCE_S = 366 * 86_400
MOST_CLIENTS = 32  # those without the token go first
MOST_UNDONE = 256  # events of one client that wait behind slow arithmetic
UNREAD = 1 << 20  # bytes a client may leave unread before it is let go

Message = Mapping[str, object]
Advance = Callable[[float], None]


class BadRequest(Exception):
    """The client asked for something there is not. The text is the answer."""


class Remote:
    """A control socket on loopback. Whoever has its token is the person in front of the device."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server
        host, port = server.sockets[0].getsockname()[:2]
        self.address = f"{host}:{port}"

    def close(self) -> None:
        """Take no new clients."""
        self._server.close()


async def listen(shell: Shell, port: int, token: str, advance: Advance | None = None) -> Remote:
    """Listen on loopback at `port` (0 = any free one). Raises FaceError.

    `advance` moves the shell's clock on by so many seconds, where it can be moved.
    """
    loop = asyncio.get_running_loop()
    crowd = Crowd(MOST_CLIENTS)
    try:
        server = await loop.create_server(
            lambda: _Client(shell, token, advance, crowd), "127.0.0.1", port
        )
    except (OSError, OverflowError) as error:
        raise FaceError(f"The control port {port} cannot be used: {error}.") from error
    return Remote(server)


class _Client(asyncio.Protocol):
    """One connection. It sees and does nothing before it has shown the token."""

    def __init__(self, shell: Shell, token: str, advance: Advance | None, crowd: Crowd) -> None:
        self._shell = shell
        self._crowd = crowd
        self._undone = 0
        self._token = token
        self._advance = advance
        self._new_s = 0.0
        self._line = bytearray()
        self._transport: asyncio.Transport | None = None
        self._watching = False
        self._seq = 0
        self._view: Message = {}
        self._last_show: Show | None = None
        self._hears_refusals = False
        self._is_refusal_unread = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream was expected")
        self._transport = transport
        self._crowd.join(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._crowd.leave(self)
        if self._watching:
            self._shell.look_away(self)

    def data_received(self, data: bytes) -> None:
        *lines, partial = (self._line + data).split(b"\n")
        self._line = bytearray(partial)
        for line in lines:
            if self._transport is None:
                return
            self._take(bytes(line))
        if len(self._line) > LONGEST_LINE:
            self._send({"done": None, "error": "The line is too long."})
            self._close()

    def show(self, show: Show) -> None:
        """Send the view, if it looks different."""
        self._last_show = show
        self._new_s = self._shell.now() if show.is_new else self._new_s
        view = _view(show)
        if view != self._view:
            self._view = view
            self._seq += 1
            self._send({"view": {"seq": self._seq} | view})

    def _refused(self, sentence: str) -> None:
        """Once between two messages of the client: a host can be refused without an end (T97)."""
        if self._hears_refusals and not self._is_refusal_unread:
            self._is_refusal_unread = True
            self._send({"refused": sentence})

    def _take(self, line: bytes) -> None:
        message = _parse(line)
        if self._watching:
            self._answer(message)
        else:
            self._log_in(message)

    def _log_in(self, message: Message) -> None:
        token = str(message.get("token", "")).encode()
        if hmac.compare_digest(token, self._token.encode()):
            self._watching = True
            self._crowd.heard(self, 1)
            self._shell.watch(self, self._refused)
        else:
            self._close()

    def _answer(self, message: Message) -> None:
        done = {"done": message.get("id")}
        self._is_refusal_unread = False
        try:
            match message:
                case {"get": "pixels"}:
                    self._send(done | {"pixels": self._pixels()})
                case {"get": "refusals"}:
                    self._hears_refusals = True
                    self._send(done)
                case {"press": str(name), "at_once": True}:
                    self._press_at_once(_key(name), done)
                case {"press": "hold"}:
                    self._hold(done)
                case {"advance": int() | float() as seconds}:
                    self._move_clock(seconds)
                    self._happen(Ticked(seconds), done)
                case _:
                    self._happen(_event(message), done)
        except BadRequest as error:
            self._send(done | {"error": str(error)})

    def _hold(self, done: Message) -> None:
        """Presses as they come from a held key, for programs that have none to hold."""
        (pause_s, _), *presses = gesture(Key.HOLD)
        at_s = max(self._shell.now(), self._new_s + pause_s)
        times_s = [at_s]
        for seconds, _ in presses:
            times_s.append(times_s[-1] + seconds)
        self._press_next(times_s, done)

    def _press_next(self, times_s: list[float], done: Message) -> None:
        """One OK at each of these times; where the loop comes late, the press does not."""
        at_s, *later_s = times_s
        delay_s = at_s - self._shell.now()
        if self._transport is None:
            return
        if delay_s > 0:
            asyncio.get_running_loop().call_later(delay_s, self._press_next, times_s, done)
        elif later_s:
            self._shell.happen(KeyPressed(Key.OK, at_s))
            asyncio.get_running_loop().call_soon(self._press_next, later_s, done)
        else:
            self._shell.happen(KeyPressed(Key.OK, at_s), callback=lambda: self._send(done))

    def _press_at_once(self, key: Key, done: Message) -> None:
        """Presses as a person's, with the time they take gone by on the clock alone."""
        presses = list(gesture(key))
        for seconds, pressed in presses[:-1]:
            self._move_clock(seconds)
            self._shell.happen(KeyPressed(pressed))
        seconds, pressed = presses[-1]
        self._move_clock(seconds)
        self._happen(KeyPressed(pressed), done)

    def _move_clock(self, seconds: float) -> None:
        if self._advance is None:
            raise BadRequest("The clock of this device cannot be moved.")
        if not 0 <= seconds <= LONGEST_ADVANCE_S:
            raise BadRequest(f"The clock moves by 0 to {LONGEST_ADVANCE_S} seconds.")
        self._advance(seconds)

    def _happen(self, event: Event, done: Message) -> None:
        if self._undone == MOST_UNDONE:
            raise BadRequest("Too much waits to be done.")
        self._undone += 1
        self._shell.happen(event, callback=lambda: self._done(done))

    def _done(self, done: Message) -> None:
        self._undone -= 1
        self._send(done)

    def drop(self) -> None:
        """End: there are too many."""
        self._close()

    def _pixels(self) -> Message:
        if self._last_show is None:
            raise BadRequest("The screen is dark.")
        canvas = paint(self._last_show.screen, self._last_show.hold)
        pgm = base64.b64encode(canvas.pgm()).decode()
        return {"seq": self._seq, "width": canvas.width, "height": canvas.height, "pgm": pgm}

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _send(self, message: Message) -> None:
        if self._transport is None:
            return
        if self._transport.is_closing():
            return
        self._transport.write(json.dumps(message).encode() + b"\n")
        if self._transport.get_write_buffer_size() > UNREAD:
            self._transport.abort()
            self._transport = None


def _parse(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _view(show: Show) -> dict[str, object]:
    drawing = draw(show.screen, show.hold)
    return {
        "kind": show.screen.kind,
        "lines": show.screen.lines(),
        "state": show.state.value,
        "fingerprint": show.fingerprint,
        "inverted": drawing.is_inverted,
        "picked": [(span.row, span.column, span.length) for span in drawing.picked],
        "scroll": drawing.scroll,
        "hold": round(drawing.hold, 2),
        "code": ["".join("01"[dark] for dark in row) for row in drawing.code],
    }


def _event(message: Message) -> Event:
    match message:
        case {"press": str(name)}:
            return KeyPressed(_key(name))
        case {"type": str(text)} if len(text) <= LONGEST_TEXT:
            return Typed(text)
        case {"room": int(version)} if 0 <= version <= LARGEST:
            return Fits(version)
        case {"type": str()}:
            raise BadRequest(f"At most {LONGEST_TEXT} characters can be typed at once.")
        case _:
            raise BadRequest(_USAGE)


_USAGE = (
    'Say {"press": key}, {"type": text}, {"room": version}, {"advance": seconds} '
    'or {"get": "pixels"}, with an id.'
)


def _key(name: str) -> Key:
    try:
        return Key(name)
    except ValueError:
        keys = " ".join(key.value for key in Key)
        raise BadRequest(f"There is no such key. The keys are: {keys}.") from None
