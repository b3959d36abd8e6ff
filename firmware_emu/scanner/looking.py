"""Hands pictures to the reading child, and starts another one when a picture ended it."""

import json
import select
import subprocess
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Self

Say = Callable[[dict[str, str]], None]

MOST_BYTES = 64 << 20  # of a file
LONGEST_TEXT = 1 << 20  # characters of a text that is pasted or typed
_MOST_S = 5.0  # by the clock, for a frame: on a busy machine the processor's time comes first
_ENDED = "A picture took too long to look at, so the rest of it was passed over."
_UNREAD = "is no picture that is known here. PNG, JPEG, GIF, BMP, WebP, TIFF and PGM are."
_NO_CODE = "No QR code was seen in"


class Looking:
    """`say` gets each code and each sentence for a person. Codes are said as they are seen.

    With a `size` ("60x34") it gets a small view of each picture, too, before its codes.
    """

    def __init__(self, say: Say, size: str = "") -> None:
        self._say = say
        self._size = size
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self._end()

    def text(self, line: str) -> None:
        """A code as text: pasted, typed by a scanner, or read from a file."""
        if code := line.strip("\r\n\ufeff \t"):
            self._say({"code": code.encode().hex()})

    def remark(self, sentence: str) -> None:
        """Tell a person."""
        self._say({"say": sentence})

    def file(self, name: str, data: bytes) -> None:
        """A file that may be a picture, or text with a code a line. It says when there is none."""
        if len(data) > MOST_BYTES:
            self.remark(f"{name} is larger than {MOST_BYTES >> 20} MB.")
        elif (text := _as_text(data)) is not None:
            for line in text.splitlines():
                self.text(line)
        elif self.picture(data, name) == 0:
            self.remark(f"{_NO_CODE} {name}.")

    def picture(self, data: bytes, name: str = "") -> int:
        """How many codes were seen in a picture of any form; -1 where that was said already."""
        child = self._running()
        seen = 0
        try:
            if child.stdin is None:
                return -1
            child.stdin.write(len(data).to_bytes(4, "big") + data)
            child.stdin.flush()
            while (answer := self._answer(child)) is not None:
                if isinstance(answer, dict) and "view" in answer:
                    self._say({name: str(value) for name, value in answer.items()})
                    continue
                if isinstance(answer, dict):
                    self.remark(f"{name or 'A picture'} {_UNREAD}")
                    seen = -1
                    continue
                for code in answer:
                    self._say({"code": str(code)})
                    seen += seen >= 0
        except _Ended:
            self._end()
            self.remark(_ENDED)
            return -1
        return seen

    def _answer(self, child: subprocess.Popen[bytes]) -> list[object] | dict[str, object] | None:
        if child.stdout is None:
            raise _Ended
        if sys.platform != "win32":
            ready, _, _ = select.select([child.stdout], [], [], _MOST_S)
            if not ready:
                raise _Ended
        line = child.stdout.readline()
        if not line.endswith(b"\n"):
            raise _Ended
        answer: list[object] | dict[str, object] | None = json.loads(line)
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._child = subprocess.Popen(  # noqa: S603 - our own module, and a size
                [sys.executable, "-m", "firmware_emu.scanner.reader", self._size],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # its end is said here, never drawn over a panel
                bufsize=0,
            )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


class _Ended(OSError):
    """The reading child is gone, or says nothing."""


def _as_text(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() or not set(text) & set(map(chr, range(9))) else None
