"""The seal: after it a device process opens no socket, no file but its flash, and no child (T102).

What is open stays open. Code is still read: modules are loaded when they are needed.
"""

import os
import sys
import sysconfig
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import firmware_emu
import signer
from firmware_emu.seal import audit

_CODE = ("stdlib", "platstdlib", "purelib", "platlib")
_PACKAGES = {"site-packages", "dist-packages"}  # the second is Debian's


class SealError(Exception):
    """The process cannot be sealed any more. The text is for a person."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What holds: `files` and `calls` by the system's kernel, the rest by the interpreter."""

    files: bool = False
    calls: bool = False

    @property
    def is_whole(self) -> bool:
        return self.files and self.calls

    @property
    def sentence(self) -> str:
        """What is sealed, and by whom."""
        names = (("files", self.files), ("sockets and children", self.calls))
        if self.is_whole:
            return "files, sockets, children, by the kernel"
        kernel = " and ".join(name for name, holds in names if holds)
        others = ", ".join(name for name, holds in names if not holds)
        by_kernel = f"{kernel} by the kernel, " if kernel else ""
        return f"{by_kernel}{others} by the interpreter alone"


def close(flash: Path | None, devices: Iterable[Path] = ()) -> Seal:
    """Seal this process for good, but for its `flash` file and `devices` to read and write.

    Without a flash nothing but the devices is written.

    Call it before there is a second thread: the kernel's seal of files holds for the thread that
    asks and for those it starts. Raises SealError where there is one already.
    """
    if threads() > 1:
        raise SealError("The device cannot be sealed: it has threads that would stay outside.")
    flash = flash.resolve() if flash else None
    folders = (flash.parent,) if flash else ()
    readable, openable = code_folders(), tuple(path.resolve() for path in devices)
    seal = _by_the_kernel(readable, folders, openable) if sys.platform == "linux" else Seal()
    audit.restrict(audit.Paths(readable, flash, openable))
    return seal


def threads() -> int:
    """How many threads this process has: all of them on Linux, elsewhere those Python knows."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208 - names are all it takes
    except FileNotFoundError:
        return threading.active_count()


def code_folders() -> tuple[Path, ...]:
    """Where modules may still be loaded from: the interpreter's, the packages' and our own."""
    paths = [Path(path) for name, path in sysconfig.get_paths().items() if name in _CODE]
    paths += [path for path in map(Path, sys.path) if path.name in _PACKAGES]
    paths += [Path(place) for package in (firmware_emu, signer) for place in package.__path__]
    return tuple(dict.fromkeys(path.resolve() for path in paths if path.is_dir()))


def _by_the_kernel(
    readable: tuple[Path, ...], folders: tuple[Path, ...], devices: tuple[Path, ...]
) -> Seal:
    from firmware_emu.seal import landlock, seccomp  # noqa: PLC0415 - there is one on Linux only

    files = landlock.restrict(landlock.Openable(readable, folders, devices))
    return Seal(files, seccomp.restrict())
