"""A program in a real terminal (pty), and how long it takes until something is on the screen."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.floods.measure import peak

SIZE = (120, 40)  # columns and rows
QUIET_S = 0.3  # nothing more is drawn then
_ESCAPES = re.compile(rb"\x1b(\[[0-9;?<>=]*[a-zA-Z]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|[=>])")
TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """`with Terminal(["wallet", "history"], environment) as terminal:` is `quietkey` in it."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        size: tuple[int, int] = SIZE,
    ) -> None:
        self._began = time.monotonic()
        self.pid, self._line = pty.fork()
        if self.pid == 0:
            variables = {**os.environ, "TERM": "xterm-256color", **environment}
            os.execve(sys.executable, [sys.executable, "-m", "host", *words], variables)
        columns, rows = size
        fcntl.ioctl(self._line, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._written = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
            self._reap()
        os.close(self._line)

    def until(self, *words: str, seconds: float = 60) -> float:
        """Seconds from the start, or the last key, until all `words` were written."""
        end = self._began + seconds
        while not all(word in self.text for word in words):
            assert time.monotonic() < end, f"{words} were not seen in {self.text[-2000:]}"
            self._read(end - time.monotonic())
        return time.monotonic() - self._began

    def press(self, key: str) -> None:
        """When nothing more is drawn; what was written before is forgotten."""
        while self._read(QUIET_S):
            pass
        self._written = b""
        self._began = time.monotonic()
        os.write(self._line, key.encode())

    def wait(self) -> tuple[float, float, float]:
        """Until it ends by itself: seconds, of them on a processor, and the most memory in MiB."""
        most = 0.0
        while self._read(60):
            with suppress(OSError, ValueError):  # it has ended
                most = max(most, peak(self.pid))
        pid, self.pid = self.pid, 0
        _, status, usage = os.wait4(pid, 0)
        assert status == 0, self.text[-2000:]
        return time.monotonic() - self._began, usage.ru_utime + usage.ru_stime, most

    @property
    def text(self) -> str:
        return _ESCAPES.sub(b"", self._written).decode("utf-8", "replace")

    @property
    def on_processor(self) -> float:
        """How many seconds it has been on a processor (proc(5), stat)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def _read(self, seconds: float) -> bool:
        """Whether there was something, or it went on."""
        if not select.select([self._line], [], [], max(seconds, 0))[0]:
            return False
        try:
            written = os.read(self._line, 1 << 16)
        except OSError:  # Linux, when the other end is gone
            return False
        self._written += written
        return bool(written)

    def _reap(self) -> None:
        for _ in range(100):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return
            self._read(0.1)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
