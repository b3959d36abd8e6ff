"""The scanner's end in the device: the codes that a process of its own has seen."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress

from firmware_emu.events import BytesIn, Port, Remarked
from firmware_emu.shell import Shell

_LONGEST = 1 << 20  # letters of a line
_PIECE = 1 << 16


class ScannerLink(asyncio.Protocol):
    """Started before the seal: afterwards nothing could be. Pictures never come in here (T119)."""

    def __init__(self, shell: Shell, source: str) -> None:
        self.address = source
        self._shell = shell
        self._port = Port("air", "scanner")
        self._line = bytearray()
        self._untaken = 0
        self._transport: asyncio.ReadTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.ReadTransport):
            raise TypeError("a pipe was expected")
        self._transport = transport
        self._shell.plug_in(self._port, _say_nothing)

    def data_received(self, data: bytes) -> None:
        *lines, partial = (self._line + data).split(b"\n")
        self._line = bytearray(partial[:_LONGEST])
        for line in lines:
            self._take(json.loads(line))
        self._regulate()

    def close(self) -> None:
        """Look no more. The scanner ends when it sees that nobody listens."""
        if self._transport is not None:
            self._transport.close()
            self._shell.pull_out(self._port)

    def _take(self, item: dict[str, str]) -> None:
        if "code" in item:
            self._untaken += 1
            event = BytesIn(self._port, bytes.fromhex(item["code"]))
            self._shell.happen(event, callback=self._count_down)
        else:
            self._shell.happen(Remarked(item["say"]))

    def _count_down(self) -> None:
        self._untaken -= 1
        self._regulate()

    def _regulate(self) -> None:
        """No more is read before the device has taken what was seen (threat T97)."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._untaken:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()


async def watch(shell: Shell, source: str) -> ScannerLink:
    """Look at `source` (a picture, a folder, a camera, "-") from now on."""
    link = ScannerLink(shell, source)
    command = [sys.executable, "-m", "firmware_emu.scanner", source, str(time.time_ns())]
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        link.connection_made(ThreadedPipe(loop, link, command))
    else:
        pipe = os.fdopen(_start(command), "rb")
        await loop.connect_read_pipe(lambda: link, pipe)
    return link


if sys.platform != "win32":

    def _start(command: list[str]) -> int:
        """A scanner process; what it writes can be read from this descriptor."""
        ours, theirs = os.pipe()
        actions = [(os.POSIX_SPAWN_DUP2, theirs, 1), (os.POSIX_SPAWN_CLOSE, theirs)]
        os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
        os.close(theirs)
        return ours


class ThreadedPipe(asyncio.ReadTransport):
    """What a process writes, read by a thread: asyncio cannot wait for such a pipe on Windows.

    The thread reads on when it is told to, and not before what it read was looked at (threat T97).
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, command: list[str]
    ) -> None:
        super().__init__()
        self._loop, self._protocol = loop, protocol
        self._may_read, self._closing = threading.Event(), False
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - as above
        threading.Thread(target=self._read, daemon=True).start()
        self.resume_reading()

    def pause_reading(self) -> None:
        self._may_read.clear()

    def resume_reading(self) -> None:
        self._may_read.set()

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        """End the process: on Windows it does not see that nobody listens."""
        self._closing = True
        self._child.kill()
        self._child.wait()
        self.resume_reading()

    def _read(self) -> None:
        stream = self._child.stdout
        while stream is not None and self._may_read.wait():
            piece = os.read(stream.fileno(), _PIECE)
            if self._closing or not piece:
                stream.close()
                return
            self._may_read.clear()
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._protocol.data_received, piece)


def _say_nothing(_data: bytes) -> None:
    """A scanner cannot answer."""
