"""Signals that end us: without a word before anything was begun, and tidily afterwards."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = ("SIGTERM", "SIGHUP")  # SIGHUP: the terminal's window was closed


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


@contextmanager
def ended_as_by_ctrl_c() -> Iterator[None]:
    """What ends us lets everything end that was started, and the temporary folder with it."""

    def end(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    names = [name for name in ENDING if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        names = []
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    for name, handler in before.items():
        if handler is signal.SIG_DFL:  # under nohup it is ignored, and stays so
            signal.signal(getattr(signal, name), end)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
