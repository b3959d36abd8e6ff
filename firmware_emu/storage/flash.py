"""The flash file: one record in two copies, in the hands of one process.

A save replaces one copy, whole or not at all, and then the other. While one is written the other
is whole, so neither a power cut nor a damaged file costs the seed. A save returns when both are
durable: between saves they are the same, and damaging one brings no PIN try back (threat T100).
"""

import errno
import os
import stat
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from firmware_emu.storage import copies
from firmware_emu.storage.copies import FlashCopy

LARGEST = 1 << 20  # bytes of a file; a record is a few kilobytes


class FlashError(Exception):
    """The flash file cannot be used. The text is for a person."""


class NoFlash:
    """What a device has that keeps nothing: each start finds it new."""

    remark = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """There is nothing to close."""

    def load(self) -> bytes | None:
        """Nothing was saved."""
        return None

    def save(self, _record: bytes) -> None:
        """Nothing is saved."""


class FlashFile:
    """The record of one device. Holds a lock beside the file until `close`.

    `remark` is a sentence for a person when `load` had to mend a copy, else empty.
    """

    def __init__(self, path: Path) -> None:
        """Take the file at `path` (it need not exist yet). Raises FlashError."""
        self._path = path
        self.remark = ""
        try:
            _make_private(path.parent)
            for copy in _places(path):
                _refuse_what_is_no_file(copy)
            self._lock = _locked(_beside(path, ".lock"))
        except OSError as error:
            raise FlashError(_sentence("opened", path, error)) from error

    def load(self) -> bytes | None:
        """The record, or None for a device that never saved one. Raises FlashError.

        A copy that is damaged, missing, or was left behind by a power cut is written anew. Where
        none is whole nothing is written, and what there is is the record.
        """
        files = _read_both(self._path)
        current = copies.newest(files)
        copy = copies.decode(files[current])
        if copy is None:
            return _unframed(files[current], self._path)
        if any(copies.is_damaged(data) for data in files):
            self.remark = _mended(self._path)
        if any(data != files[current] for data in files):
            self._write(copy, (1 - current,))
        return copy.record

    def save(self, record: bytes) -> None:
        """Replace the record. After a power cut the file holds the old one or this one, whole.

        When this returns both copies hold this one. Raises FlashError.
        """
        files = _read_both(self._path)
        current = copies.newest(files)
        copy = copies.decode(files[current])
        number = copy.number + 1 if copy else 1
        # The copy that counts is the last to be replaced: it is good until the other is durable.
        self._write(FlashCopy(number, record), (1 - current, current))

    def _write(self, copy: FlashCopy, places: tuple[int, ...]) -> None:
        fresh = _beside(self._path, ".new")
        try:
            for place in places:
                _write_new(fresh, copy.encode())
                fresh.replace(_places(self._path)[place])
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


def stored(path: Path) -> bytes | None:
    """The record that the device of this flash file would find. Nothing is taken or written.

    Raises FlashError.
    """
    files = _read_both(path)
    current = copies.newest(files)
    copy = copies.decode(files[current])
    return copy.record if copy else _unframed(files[current], path)


def _places(path: Path) -> tuple[Path, Path]:
    return path, _beside(path, ".copy")


def _read_both(path: Path) -> tuple[bytes | None, bytes | None]:
    first, second = _places(path)
    return _read(first), _read(second)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.EIO:  # a disk that fails there: damaged, as far as we can see
            return b""
        raise FlashError(_sentence("read", path, error)) from error


def _unframed(data: bytes | None, path: Path) -> bytes | None:
    if data is not None and len(data) > LARGEST:
        raise FlashError(f"The flash file {path} is too large to be one. Name another file.")
    return data


def _mended(path: Path) -> str:
    return (
        f"One of the two copies of the flash file {path} was damaged. "
        "It was written anew from the other. Nothing is lost."
    )


def _write_new(path: Path, record: bytes) -> None:
    # A leftover of a power cut, and ours to remove: we hold the lock. Removing it first and
    # creating with O_EXCL also means that a planted link is never written through.
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(record)
        file.flush()
        _sync_file(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _take(lock: IO[bytes]) -> None:
        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)

    def _sync_file(descriptor: int) -> None:
        os.fsync(descriptor)

    def _sync_folder(folder: Path) -> None:
        """Windows has no such call: a rename is as durable as its journal makes it."""

else:
    import fcntl

    def _take(lock: IO[bytes]) -> None:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _sync_file(descriptor: int) -> None:
        """Past the cache of the disk, too: on macOS fsync leaves a PIN try there (threat T71)."""
        full = getattr(fcntl, "F_FULLFSYNC", None)
        if full is not None:
            try:
                fcntl.fcntl(descriptor, full)
            except OSError as error:
                # Disks on a network may know no such call. Theirs is the best there is.
                if error.errno not in {errno.ENOTSUP, errno.EINVAL, errno.ENOTTY}:
                    raise
            else:
                return
        os.fsync(descriptor)

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
