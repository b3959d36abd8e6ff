"""What this process holds stays in its memory (T101), and what it frees goes back (T97)."""

import ctypes
import sys

_SET_DUMPABLE = 4  # prctl(2)
_LOCK_ALL = 1 | 2 | 4  # mlockall(2): what there is, what will be, each page when it is first used
_MAY_LOCK = 1 << 14  # capabilities(7): CAP_IPC_LOCK
_LARGEST_OF_HEAP = -3  # mallopt(3), M_MMAP_THRESHOLD
_LARGE = 64 << 10  # bytes
_ENOUGH = 2 << 30  # bytes to lock: the dearest PIN try takes half of it

UNLOCKED = "The device may lock no memory here: what is in it may reach the disk as swap."


def give_back() -> None:
    """From here on a large block that is freed goes back to the system at once (threat T97).

    Left to itself, glibc keeps what once was large, and pictures or payments of many hosts leave
    holes in its heap that add up. Linux with glibc; elsewhere it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_LARGEST_OF_HEAP, _LARGE)


def keep_private() -> bool:
    """From here on no crash writes this process to a file, and no other may look into it.

    Returns whether its memory is also kept out of swap; where a system does not allow that, all
    goes on without. Cores: POSIX. The rest: Linux, where only root may still look.
    """
    _limit_cores()
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    # Where cores are piped to a program, the limit above does not hold; this does.
    libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    # With a small limit the lock would hold at first, and the memory of a PIN try be refused.
    return _may_lock_enough() and libc.mlockall(_LOCK_ALL) == 0


if sys.platform == "win32":

    def _limit_cores() -> None:
        """Windows writes no core by itself."""

    def _may_lock_enough() -> bool:
        return False

else:
    import resource
    from pathlib import Path

    def _limit_cores() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def _may_lock_enough() -> bool:
        _, most = resource.getrlimit(resource.RLIMIT_MEMLOCK)
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (most, most))
        return most == resource.RLIM_INFINITY or most >= _ENOUGH or _has_capability()

    def _has_capability() -> bool:
        for line in Path("/proc/self/status").read_text("utf-8").splitlines():
            name, _, value = line.partition(":")
            if name == "CapEff":
                return bool(int(value, 16) & _MAY_LOCK)
        return False
