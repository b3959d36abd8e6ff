"""Device processes that begin as copies of one that has read its modules: a start costs a tenth.

For tests of what talks to a device, by day and on Linux. The copy runs the device's own `main`, in
a process of its own with its own seal; at night, and wherever the start is what is tested, each is
a new interpreter.

A process asks the template over a socket and gets a grandchild of it: the child between ends at
once, so that whoever asked inherits the copy, and may wait for it as for any child of its own.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.nights import IS_NIGHT

START = [sys.executable, "-m", "firmware_emu"]
_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER
_STREAMS = 3
_LONGEST = 1 << 20
_new_interpreter: Callable[..., None] = subprocess.Popen._execute_child  # type: ignore[attr-defined]


def start(popen: "subprocess.Popen[bytes]", args: Any, *rest: Any) -> None:  # noqa: ANN401
    """In the place of Popen._execute_child: a device like any other, all else as ever."""
    (_, preexec, _, pass_fds, cwd, env, _, _, shell) = rest[:9]
    streams, (is_session, group) = rest[9:15], rest[-2:]
    is_plain = not (preexec or pass_fds or cwd or env or shell or is_session or group != -1)
    if not is_plain or isinstance(args, str) or list(args)[: len(START)] != START:
        _new_interpreter(popen, args, *rest)
        return
    places = [streams[0], streams[3], streams[5]]
    files = [own if place == -1 else place for own, place in enumerate(places)]
    popen.pid = _template().copy(list(args)[len(START) :], files)
    popen._child_created = True  # type: ignore[attr-defined]
    popen._close_pipe_fds(*streams)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def devices_start_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder whose conftest imports it."""
    if sys.platform == "linux" and not IS_NIGHT:
        monkeypatch.setattr(subprocess.Popen, "_execute_child", start)


class _Template:
    """The process that is copied. It ends with the one that made it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.forked", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])

    def copy(self, arguments: list[str], files: list[int]) -> int:
        """A device of these arguments and streams: its process id."""
        place = {"arguments": arguments, "cwd": str(Path.cwd()), "env": dict(os.environ)}
        libc = ctypes.CDLL(None)
        libc.prctl(_ADOPT_ORPHANS, 1)
        try:
            socket.send_fds(self._socket, [json.dumps(place).encode()], files)
            return int(self._socket.recv(64))
        finally:
            libc.prctl(_ADOPT_ORPHANS, 0)


@cache
def _template() -> _Template:
    return _Template()


def _serve(channel: socket.socket) -> None:
    """Copy this process once for each message."""
    while True:
        message, files, _, _ = socket.recv_fds(channel, _LONGEST, _STREAMS)
        if not message:
            return
        read, write = os.pipe()
        between = os.fork()
        if not between:
            copy = os.fork()
            if copy:
                os.write(write, b"%d" % copy)
                os._exit(0)
            for file in (read, write, channel.detach()):
                os.close(file)
            _run(json.loads(message), files)
        os.waitpid(between, 0)  # its copy has another parent now
        channel.send(os.read(read, 64))
        for file in (read, write, *files):
            os.close(file)


def _run(place: dict[str, Any], files: list[int]) -> None:
    """What a new interpreter would: the device's main, and its status."""
    for stream, file in enumerate(files):
        os.dup2(file, stream)
        os.close(file)
    os.chdir(place["cwd"])
    os.environ.clear()
    os.environ.update(place["env"])
    sys.argv[1:] = place["arguments"]
    sys.exit(main())


if __name__ == "__main__":
    from firmware_emu.__main__ import main
    from firmware_emu.core import device  # noqa: F401 - read before it is copied
    from signer import chains

    chains.load("bitcoin")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _serve(socket.socket(fileno=int(sys.argv[1])))
