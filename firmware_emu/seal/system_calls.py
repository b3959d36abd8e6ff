"""System calls that Python has no function for (Linux)."""

import ctypes
import functools
import os
from collections.abc import Callable

_SET_NO_NEW_PRIVS = 38  # include/uapi/linux/prctl.h


def call(number: int, *arguments: object) -> int:
    """Make a system call; arguments are ints, None or ctypes pointers. Raises OSError."""
    words = (ctypes.c_long(word) if isinstance(word, int) else word for word in arguments)
    result: int = _library().syscall(ctypes.c_long(number), *words)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def forbid_privileges() -> None:
    """No program started from here gains rights: without this only root may seal itself."""
    prctl: Callable[..., int] = _library().prctl
    if prctl(_SET_NO_NEW_PRIVS, *(ctypes.c_ulong(word) for word in (1, 0, 0, 0))):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library
