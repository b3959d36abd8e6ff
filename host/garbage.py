"""Python's collector of garbage stops every thread while it looks through all there is.

With ten thousand payments in memory that takes 0.1 s, and the app's loop waits.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 10_000  # objects: what is looked through in some milliseconds

_guard = threading.Lock()
_pauses = 0


@contextmanager
def uncollected() -> Iterator[None]:
    """The collector waits; if very much is read meanwhile, all there is is set aside from it.

    For lists that are read and have no cycles: they are freed as before. Any thread may use it.
    """
    global _pauses  # noqa: PLW0603 - the collector, too, is one for the whole process
    with _guard:
        _pauses += 1
        gc.disable()
    try:
        yield
    finally:
        with _guard:
            _pauses -= 1
            if not _pauses:
                if gc.get_count()[0] > MANY:
                    set_aside()
                gc.enable()


def set_aside() -> None:
    """What is there now stays to the end, and is not looked through."""
    gc.freeze()


def take_back() -> None:
    """What was set aside is looked through again."""
    gc.unfreeze()
