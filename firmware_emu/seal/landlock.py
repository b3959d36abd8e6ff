"""Landlock (Linux 5.13 and later): from now on this thread opens only the named files.

Constants and structures: include/uapi/linux/landlock.h.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from firmware_emu.seal.system_calls import call, forbid_privileges

# Numbers of system calls, the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_REG = (1 << bit for bit in (1, 2, 3, 5, 8))
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15

# How many rights to files each version of the interface knows, from the first on.
_RIGHTS = (13, 14, 15, 15, 16)
_FOR_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

_BIND_AND_CONNECT_TCP = 0b11  # version 4
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # version 6


@dataclass(frozen=True, slots=True)
class Openable:
    """What may be opened. Folders count with all below them.

    In `writable` folders files are also made, removed and renamed; `devices` are files that are
    read and written.
    """

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    devices: tuple[Path, ...] = ()


def version() -> int:
    """The version of the interface that this kernel has; 0 where it has none."""
    try:
        return call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def restrict(openable: Openable) -> bool:
    """Restrict this thread, and all it starts. False, and nothing is changed, without Landlock.

    From version 4 on no TCP port can be bound or connected to, from version 6 on nothing outside
    be signalled. Raises OSError where one of the paths cannot be opened.
    """
    abi = version()
    if not abi:
        return False
    rights = (1 << _RIGHTS[min(abi, len(_RIGHTS)) - 1]) - 1
    ruleset = _ruleset(abi, rights)
    try:
        _allow(ruleset, openable.readable, rights & (_READ_FILE | _READ_DIR))
        within = _FOR_FILES | _READ_DIR | _REMOVE_FILE | _MAKE_REG
        _allow(ruleset, openable.writable, rights & within & ~_IOCTL_DEV)
        _allow(ruleset, openable.devices, rights & _FOR_FILES)
        forbid_privileges()
        call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _ruleset(abi: int, rights: int) -> int:
    network = _BIND_AND_CONNECT_TCP if abi >= 4 else 0
    scoped = _ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0
    # A kernel refuses a longer structure than it knows, unless all beyond is zero.
    handled = struct.pack("=QQQ", rights, network, scoped)
    return call(_CREATE_RULESET, ctypes.c_char_p(handled), len(handled), 0)


def _allow(ruleset: int, paths: Iterable[Path], rights: int) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = struct.pack("=Qi", rights, descriptor)  # packed, as the header says
            call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.c_char_p(rule), 0)
        finally:
            os.close(descriptor)
