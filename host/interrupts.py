"""Ctrl-C before anything was begun: it ends the process, and is no error of a module."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Meanwhile Ctrl-C ends the process without a word, as the system does it.

    For the time in which modules load: a KeyboardInterrupt in there is a traceback, or a crash of
    a module that is not Python.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
