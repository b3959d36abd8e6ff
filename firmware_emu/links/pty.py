"""A pseudo-terminal, which a client opens as a serial port. POSIX only."""

import asyncio
import errno
import os
import sys
from itertools import count

from firmware_emu.events import BytesIn, Port
from firmware_emu.links import LinkError
from firmware_emu.shell import Shell

LOOK_EVERY_S = 0.02  # no system tells that a client opened its end: one has to look
CHUNK = 1 << 16
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

    def _forget_unread(near: int, path: str) -> None:
        # What one client did not read would be taken by the next for the reply to its own
        # question. Some of it waits on our side of the pair and some on theirs.
        termios.tcflush(near, termios.TCIOFLUSH)
        far = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            termios.tcflush(far, termios.TCIOFLUSH)
        finally:
            os.close(far)

else:

    def _pair() -> tuple[int, str]:
        raise LinkError("This system has no pseudo-terminals. Use --tcp.")

    def _is_held(near: int) -> bool: ...
    def _forget_unread(near: int, path: str) -> None: ...


class PtyLink:
    """One serial port. Each time a client opens it is a port of its own to the device.

    `address` is the path that clients open. Raises LinkError where there are no pseudo-terminals.
    """

    def __init__(self, shell: Shell, personality: str = "jade") -> None:
        self._shell = shell
        self._personality = personality
        self._near, self.address = _pair()
        self._loop = asyncio.get_running_loop()
        self._names = count(1)
        self._port: Port | None = None
        self._unsent = bytearray()
        self._timer = self._loop.call_soon(self._look)

    def close(self) -> None:
        """Unplug the cable, after what can be sent was sent."""
        self._timer.cancel()
        if self._port is not None:
            self._hang_up()
        os.close(self._near)

    def _look(self) -> None:
        if _is_held(self._near):
            self._pick_up()
        else:
            self._timer = self._loop.call_later(LOOK_EVERY_S, self._look)

    def _pick_up(self) -> None:
        self._port = Port(self._personality, f"pty {next(self._names)}")
        self._shell.plug_in(self._port, self._write)
        self._loop.add_reader(self._near, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._near, CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            # Linux says EIO when the last client has closed its end; others give no bytes.
            if error.errno != errno.EIO:
                raise LinkError(f"The serial port failed: {error}.") from error
            data = b""
        if data and self._port:
            self._shell.happen(BytesIn(self._port, data))
        else:
            self._hang_up()
            _forget_unread(self._near, self.address)
            self._look()

    def _hang_up(self) -> None:
        if self._port is not None:
            self._shell.pull_out(self._port)
            self._port = None
        self._loop.remove_reader(self._near)
        self._loop.remove_writer(self._near)
        self._unsent.clear()

    def _write(self, data: bytes) -> None:
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
