"""Files that a person named, or that lie where ours do: they are opened without waiting."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

_NO_FILES = (
    (stat.S_ISDIR, "it is a folder, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
)
_PIPE = "it is a pipe, not a file"
_EMPTY_PIPE = "it is a pipe, and nothing came through it"


class NoFileError(OSError):
    """What is there holds no bytes to be read. `strerror` says what it is."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.strerror = reason


def open_file(path: Path | str) -> BinaryIO:
    """To be read, also a pipe that somebody writes to. Raises OSError, at once."""
    check(path, may_be_pipe=True)
    stream = open(path, "rb", opener=_at_once)  # noqa: SIM115 - given on; Path has no opener
    if stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
        os.set_blocking(stream.fileno(), True)
        if not stream.peek(1):
            stream.close()
            raise NoFileError(_EMPTY_PIPE)
    return stream


def check(path: Path | str, *, may_be_pipe: bool = False) -> None:
    """Raises OSError when nothing is there, NoFileError for what is no file."""
    mode = Path(path).stat().st_mode
    for is_kind, reason in _NO_FILES:
        if is_kind(mode):
            raise NoFileError(reason)
    if stat.S_ISFIFO(mode) and not may_be_pipe:
        raise NoFileError(_PIPE)


def _at_once(path: str, flags: int) -> int:
    """A pipe that nobody writes to would be waited for; there are none by name on Windows."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
