"""Who opens and closes a file, as Linux tells it (inotify(7)). Other systems do not tell."""

import ctypes
import os
import struct
import sys

_OPEN = 0x20
_CLOSE = 0x08 | 0x10  # after it was open for writing, or only for reading
_EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name behind it


class Openings:
    """Watches one path. `number` is a file descriptor that is readable when something happened.

    It is -1 where there is nothing to read: then `have_left` is always false.
    """

    def __init__(self, path: str) -> None:
        self._open = 0
        self.number = _watch(path) if sys.platform == "linux" else -1

    def have_left(self) -> bool:
        """Whether, since this was last asked, there was a time when nobody had it open any more.

        Another may have opened it since.
        """
        left = False
        for mask in self._events():
            if mask & _OPEN:
                self._open += 1
            elif mask & _CLOSE and self._open:
                self._open -= 1
                left = left or not self._open
        return left

    def close(self) -> None:
        """Watch no more."""
        if self.number >= 0:
            os.close(self.number)

    def _events(self) -> "list[int]":
        if self.number < 0:
            return []
        try:
            data = os.read(self.number, 1 << 16)
        except BlockingIOError:
            return []
        return [mask for _, mask, _, _ in _EVENT.iter_unpack(data)]  # of a file: no names


def _watch(path: str) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    number: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if number >= 0 and libc.inotify_add_watch(number, path.encode(), _OPEN | _CLOSE) < 0:
        os.close(number)
        return -1
    return number
