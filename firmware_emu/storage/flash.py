"""The flash file: one record, replaced whole or not at all, in the hands of one process."""

import os
import stat
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

LARGEST = 1 << 20  # bytes; a record is a few kilobytes


class FlashError(Exception):
    """The flash file cannot be used. The text is for a person."""


class FlashFile:
    """The record of one device. Holds a lock beside the file until `close`."""

    def __init__(self, path: Path) -> None:
        """Take the file at `path` (it need not exist yet). Raises FlashError."""
        self._path = path
        try:
            _make_private(path.parent)
            _refuse_what_is_no_file(path)
            self._lock = _locked(_beside(path, ".lock"))
        except OSError as error:
            raise FlashError(_sentence("opened", path, error)) from error

    def load(self) -> bytes | None:
        """The record, or None for a device that never saved one. Raises FlashError."""
        try:
            return _read(self._path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FlashError(_sentence("read", self._path, error)) from error

    def save(self, record: bytes) -> None:
        """Replace the record. After a power cut the file holds the old one or this one, whole.

        When this returns it holds this one. Raises FlashError.
        """
        fresh = _beside(self._path, ".new")
        try:
            _write_new(fresh, record)
            fresh.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise FlashError(_sentence("written", self._path, error)) from error

    def close(self) -> None:
        """Give the file back. Another process may take it."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _make_private(folder: Path) -> None:
    """The folder, and those above it that are missing, for their owner alone."""
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _sentence(done: str, path: Path, error: OSError) -> str:
    cause = error.strerror or type(error).__name__
    return f"The flash file {path} could not be {done}: {cause}."


def _refuse_what_is_no_file(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    # A link could make us replace a file that belongs to someone else.
    if stat.S_ISLNK(mode):
        raise FlashError(f"The flash file {path} is a link. Name the file itself.")
    if not stat.S_ISREG(mode):
        raise FlashError(f"The flash file {path} is not a file. Name a file or a new one.")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        record = file.read(LARGEST + 1)
    if len(record) > LARGEST:
        raise FlashError(f"The flash file {path} is too large to be one. Name another file.")
    return record


def _write_new(path: Path, record: bytes) -> None:
    # A leftover of a power cut, and ours to remove: we hold the lock. Removing it first and
    # creating with O_EXCL also means that a planted link is never written through.
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(record)
        file.flush()
        os.fsync(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _take(lock: IO[bytes]) -> None:
        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)

    def _sync_folder(folder: Path) -> None:
        """Windows has no such call: a rename is as durable as its journal makes it."""

else:
    import fcntl

    def _take(lock: IO[bytes]) -> None:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _sync_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _locked(path: Path) -> IO[bytes]:
    """The lock file, held. It stays on disk: removing it would let two processes hold two of it."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    lock = os.fdopen(os.open(path, flags, 0o600), "r+b")
    try:
        _take(lock)
    except OSError as error:
        lock.close()
        flash = path.with_suffix("")
        message = f"The flash file {flash} is in use by another device. Stop that one first."
        raise FlashError(message) from error
    return lock
