"""The scanner's end in the device: the codes that a process of its own has seen (POSIX)."""

import asyncio
import json
import os
import sys
import time

from firmware_emu.events import BytesIn, Port, Remarked
from firmware_emu.links import LinkError
from firmware_emu.shell import Shell

AVAILABLE = hasattr(os, "posix_spawn")
_LONGEST = 1 << 20  # letters of a line


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
    """Look at `source` (a picture, a folder, a camera, "-") from now on. Raises LinkError."""
    if not AVAILABLE:
        raise LinkError("On this system the device sees pictures at a port: --camera PORT.")
    link = ScannerLink(shell, source)
    pipe = os.fdopen(_start(source), "rb")
    await asyncio.get_running_loop().connect_read_pipe(lambda: link, pipe)
    return link


def _start(source: str) -> int:
    """A scanner process; what it writes can be read from this descriptor."""
    ours, theirs = os.pipe()
    command = [sys.executable, "-m", "firmware_emu.scanner", source, str(time.time_ns())]
    actions = [(os.POSIX_SPAWN_DUP2, theirs, 1), (os.POSIX_SPAWN_CLOSE, theirs)]
    os.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
    os.close(theirs)
    return ours


def _say_nothing(_data: bytes) -> None:
    """A scanner cannot answer."""
