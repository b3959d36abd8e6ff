"""An audit hook: the interpreter asks it before it opens anything. It works on every system.

It is no wall against native code, which never asks; it cannot be taken away again by Python code.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

# Events whose arguments do not matter (docs.python.org, "Audit events table"). A socket may still
# be made, since that is how a connection is accepted; it can then be neither bound nor connected.
_REFUSED = frozenset(
    {
        *(f"socket.{verb}" for verb in ("bind", "connect", "sendto")),
        *(f"socket.{verb}" for verb in ("getaddrinfo", "gethostbyname", "gethostbyaddr")),
        *(f"os.{verb}" for verb in ("exec", "fork", "forkpty", "posix_spawn", "spawn", "system")),
        *("os.startfile", "os.startfile/2", "subprocess.Popen", "pty.spawn", "sqlite3.connect"),
        *(f"os.{verb}" for verb in ("chdir", "chflags", "chmod", "chown", "link", "mkdir")),
        *(f"os.{verb}" for verb in ("removexattr", "rmdir", "setxattr", "symlink", "truncate")),
        "os.utime",
    }
)


@dataclass(frozen=True, slots=True)
class Paths:
    """What may be opened.

    `readable` are folders with all below them, `devices` are read and written, and so is the
    `flash` file with those beside it whose names begin with its name, if there is one.
    """

    readable: tuple[Path, ...]
    flash: Path | None
    devices: tuple[Path, ...] = ()

    def may_write(self, path: str) -> bool:
        """Whether it is the flash's, or a device's. `path` is absolute, without links."""
        folder, name = os.path.split(path)
        flash = self.flash.name if self.flash and self._is_folder(folder) else None
        return (flash is not None and name.startswith(flash)) or Path(path) in self.devices

    def may_read(self, path: str) -> bool:
        """Whether it can be written, or is in a readable folder, or is the flash's folder."""
        if self.may_write(path) or self._is_folder(path):
            return True
        return any(Path(path).is_relative_to(folder) for folder in self.readable)

    def _is_folder(self, path: str) -> bool:
        return self.flash is not None and path == str(self.flash.parent)


def restrict(paths: Paths) -> None:
    """Refuse, from now on and for good, what the interpreter is asked to open beyond `paths`.

    Whoever asks gets PermissionError, as from a system that refuses.
    """
    sys.addaudithook(_Hook(paths))


class _Hook:
    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._checks: dict[str, Callable[..., Iterator[bool]]] = {
            "open": self._open,
            "os.listdir": self._read,
            "os.scandir": self._read,
            "os.remove": self._written,
            "os.rename": self._renamed,
        }

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _REFUSED:
            raise _refusal(event)
        check = self._checks.get(event)
        if check is not None and not all(check(*arguments)):
            raise _refusal(event)

    def _open(self, path: object, _mode: object, flags: object) -> Iterator[bool]:
        if isinstance(flags, int) and flags & _WRITING:
            yield from self._written(path)
        else:
            yield from self._read(path)

    def _read(self, path: object = None) -> Iterator[bool]:
        yield isinstance(path, int) or self._paths.may_read(_absolute(path))

    def _written(self, path: object, *_: object) -> Iterator[bool]:
        yield isinstance(path, int) or self._paths.may_write(_absolute(path))

    def _renamed(self, source: object, target: object, *_: object) -> Iterator[bool]:
        yield from self._written(source)
        yield from self._written(target)


def _absolute(path: object) -> str:
    if not isinstance(path, str | bytes | os.PathLike):
        return str(Path.cwd())  # None: the present folder
    return os.path.realpath(os.fsdecode(path))


def _refusal(event: str) -> PermissionError:
    return PermissionError(errno.EPERM, f"{os.strerror(errno.EPERM)} (sealed): {event}")
