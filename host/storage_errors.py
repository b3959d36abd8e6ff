"""Why something on disk cannot be read or written, as a sentence: its true reason."""

import errno
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from host import files
from host.errors import WalletError

_FULL = (
    "The disk is full: {path} cannot be written. Nothing was changed. Free some space, and try"
    " again."
)
_NOT_ALLOWED = (
    "{path} cannot be used: you are not allowed to. Nothing was changed."
    " Check who owns it and what may be written, and try again."
)
_IN_USE = (
    "Another program uses {path}. Nothing was changed. Close it, or wait until it is done, and try"
    " again."
)
_DISK = (
    "The disk fails at {path}. Nothing was changed. Check the disk, and make a copy of the folder."
)
_NO_FOLDER = "{path} cannot be used: something in its way is a file, not a folder, or is missing."
_LINK = (
    "{path} is a link that leads nowhere. Nothing was changed. Bring back what it should lead to,"
    " perhaps by mounting its disk, and try again."
)
_OTHER = "{path} cannot be used: {reason}. Nothing was changed."

_BY_CODE: Mapping[int, str] = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_READONLY: _NOT_ALLOWED,
    sqlite3.SQLITE_PERM: _NOT_ALLOWED,
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_CANTOPEN: _NO_FOLDER,
}
_BY_ERRNO: Mapping[int, str] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: _NOT_ALLOWED,
    errno.EIO: _DISK,
    errno.ENOTDIR: _NO_FOLDER,
    errno.EEXIST: _NO_FOLDER,
    errno.EISDIR: _NO_FOLDER,
    errno.ENOENT: _NO_FOLDER,
    errno.ELOOP: _LINK,
}
# BDK passes on what SQLite says, as text only.
_BY_TEXT: Mapping[str, str] = {
    "disk is full": _FULL,
    "disk I/O error": _DISK,
    "readonly database": _NOT_ALLOWED,
    "is locked": _IN_USE,
    "unable to open": _NO_FOLDER,
}


@contextmanager
def named_reason(path: Path, damaged: str) -> Iterator[None]:
    """What SQLite or the system says of the file `path`, raised as WalletError.

    `damaged` is the sentence for what cannot be read at all.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code == sqlite3.SQLITE_CANTOPEN and (reason := _why_not_opened(path)):
            raise disk_error(reason, path) from error
        raise WalletError(_BY_CODE.get(code, damaged).format(path=path)) from error
    except OSError as error:
        raise disk_error(error, path) from error


def exists(path: Path) -> bool:
    """Raises WalletError for what is no file, and where nobody can tell.

    That is without the right to look, or for a link that leads nowhere.
    """
    try:
        files.check(path)
    except FileNotFoundError as error:
        for place in (path, *path.parents):
            if place.is_symlink() and not place.exists():
                raise WalletError(_LINK.format(path=place)) from error
        return False
    except OSError as error:
        raise disk_error(error, path) from error
    return True


def disk_error(error: OSError, path: Path) -> WalletError:
    """What the system says of `path`."""
    template = _BY_ERRNO.get(error.errno or 0, _OTHER)
    return WalletError(template.format(path=path, reason=error.strerror or "no reason was given"))


def engine_error(text: str, path: Path, damaged: str) -> WalletError:
    """What BDK says of its file `path`."""
    if "unable to open" in text and (reason := _why_not_opened(path)):
        return disk_error(reason, path)
    template = next((said for part, said in _BY_TEXT.items() if part in text), damaged)
    return WalletError(template.format(path=path))


def _why_not_opened(path: Path) -> OSError | None:
    """SQLite calls everything "unable to open"; the system says why."""
    try:
        path.open("r+b").close()
    except OSError as error:
        return error
    return None
