"""A pseudo-terminal, which a client opens as a serial port. POSIX only."""

import asyncio
import errno
import os
import sys
from collections.abc import Iterator
from functools import partial
from itertools import count

from firmware_emu.events import BytesIn, Port
from firmware_emu.links import LinkError, pieces
from firmware_emu.links.openings import Openings
from firmware_emu.shell import Shell

LOOK_EVERY_S = 0.02  # no system tells that a client opened its end: one has to look
AT_ONCE = 4096  # bytes
MOST_READS = 16  # more than the system keeps for us
AVAILABLE = sys.platform != "win32"

if sys.platform != "win32":
    import pty
    import select
    import termios
    import tty

    def _pair() -> tuple[int, str]:
        """Our end, not blocking, and the path of the other: raw, no echo, no line editing."""
        near, far = pty.openpty()
        tty.setraw(far)
        path = os.ttyname(far)
        os.close(far)
        os.set_blocking(near, False)
        return near, path

    def _is_held(near: int) -> bool:
        """Whether a client holds the other end."""
        poll = select.poll()
        poll.register(near, select.POLLIN)
        return not any(flags & select.POLLHUP for _, flags in poll.poll(0))

    def _forget_unread(near: int) -> None:
        # What one client did not read would be taken by the next for the reply to its own
        # question (threat T99). Some of it waits on our side of the pair, and some on theirs, which
        # a change of its settings empties. What the next client has written by now stays.
        termios.tcflush(near, termios.TCOFLUSH)
        termios.tcsetattr(near, termios.TCSAFLUSH, termios.tcgetattr(near))

    def _forget_unheard(near: int) -> None:
        termios.tcflush(near, termios.TCIFLUSH)

else:

    def _pair() -> tuple[int, str]:
        raise LinkError("This system has no pseudo-terminals. Use --tcp.")

    def _is_held(near: int) -> bool: ...
    def _forget_unheard(near: int) -> None: ...
    def _forget_unread(near: int) -> None: ...


class PtyLink:
    """One serial port. Each time a client opens it is a port of its own to the device.

    `address` is the path that clients open. Raises LinkError where there are no pseudo-terminals.
    """

    def __init__(self, shell: Shell, personality: str = "jade") -> None:
        self._shell = shell
        self._personality = personality
        self._near, self.address = _pair()
        self._loop = asyncio.get_running_loop()
        self._openings = Openings(self.address)
        if self._openings.number >= 0:
            self._loop.add_reader(self._openings.number, self._notice)
        self._names = count(1)
        self._port: Port | None = None
        self._behind = 0  # pieces that the device has yet to take
        self._unsent = bytearray()
        self._timer = self._loop.call_soon(self._look)

    def close(self) -> None:
        """Unplug the cable, after what can be sent was sent."""
        self._timer.cancel()
        if self._port is not None:
            self._hang_up()
        if self._openings.number >= 0:
            self._loop.remove_reader(self._openings.number)
        self._openings.close()
        os.close(self._near)

    def _look(self) -> None:
        if _is_held(self._near):
            self._pick_up()
        else:
            self._timer = self._loop.call_later(LOOK_EVERY_S, self._look)

    def _pick_up(self) -> None:
        port = self._port = Port(self._personality, f"pty {next(self._names)}")
        self._shell.plug_in(port, partial(self._write, port))
        self._loop.add_reader(self._near, self._read)

    def _notice(self) -> bool:
        """Whether the client has left, also where the next one is there already (threat T99).

        What it wrote before it left is dealt with. Where the next one is there, nobody can tell
        whose the unread bytes are: they are taken for those of who can still be answered.
        """
        has_left, is_held = self._openings.have_left(), _is_held(self._near)
        if self._port is None and (is_held or has_left):
            self._timer.cancel()
            self._pick_up()
        if has_left and self._port is not None:
            if not is_held:
                self._hear(self._port, b"".join(self._unread()))
            self._next_client()
        return has_left

    def _read(self) -> None:
        if self._notice():
            return
        unread = list(self._unread())
        if self._port is None:
            return
        self._hear(self._port, b"".join(unread))
        if unread and not unread[-1]:
            self._next_client()

    def _unread(self) -> Iterator[bytes]:
        """All that there is to read now; an empty piece at its end when nobody holds the other end.

        Nothing is left there for long: the next client would be answered for it.
        """
        for _ in range(MOST_READS):
            try:
                data = os.read(self._near, AT_ONCE)
            except BlockingIOError:
                return
            except OSError as error:
                # Linux says EIO when the last client has closed its end; others give no bytes.
                if error.errno != errno.EIO:
                    raise LinkError(f"The serial port failed: {error}.") from error
                data = b""
            yield data
            if not data:
                return

    def _hear(self, port: Port, data: bytes) -> None:
        """No more is read than the device takes (threat T97)."""
        parts = pieces(data)
        self._behind += len(parts)
        for piece in parts:
            if port != self._port:
                return  # an answer found nobody there
            self._shell.happen(BytesIn(port, piece), callback=partial(self._taken, port))
        if self._behind:
            self._loop.remove_reader(self._near)
            self._timer = self._loop.call_later(LOOK_EVERY_S, self._look_behind)

    def _taken(self, port: Port) -> None:
        if port != self._port:
            return
        self._behind -= 1
        if not self._behind:
            self._timer.cancel()
            self._loop.add_reader(self._near, self._read)

    def _look_behind(self) -> None:
        """A client may leave while it is not read; what it wrote is then for nobody."""
        if _is_held(self._near):
            self._timer = self._loop.call_later(LOOK_EVERY_S, self._look_behind)
        else:
            _forget_unheard(self._near)
            self._next_client()

    def _next_client(self) -> None:
        self._hang_up()
        _forget_unread(self._near)
        self._look()

    def _hang_up(self) -> None:
        if self._port is not None:
            port, self._port = self._port, None
            self._shell.pull_out(port)
        self._behind = 0
        self._timer.cancel()
        self._loop.remove_reader(self._near)
        self._loop.remove_writer(self._near)
        self._unsent.clear()

    def _write(self, port: Port, data: bytes) -> None:
        self._notice()
        if port == self._port:
            self._unsent += data
            self._flush()

    def _flush(self) -> None:
        try:
            sent = os.write(self._near, self._unsent)
        except BlockingIOError:
            sent = 0
        del self._unsent[:sent]
        if self._unsent:
            self._loop.add_writer(self._near, self._flush)
        else:
            self._loop.remove_writer(self._near)
