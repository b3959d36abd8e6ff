"""What ends us: without a word before anything was begun, and tidily afterwards."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

ENDING = ("SIGTERM", "SIGHUP")  # SIGHUP: the terminal's window was closed
HUNG_UP = 129  # the status as of SIGHUP
LOOK_EVERY_S = 1.0
PATIENCE_S = 15.0  # to close the device, the network and the wallet


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


def watch_terminal(end: Callable[[], object]) -> None:
    """Have a thread call `end` once the terminal we read is gone. Without one there is nothing.

    A closed window sends SIGHUP, but not to who ignores it (nohup), and who is stuck does nothing
    about it. The input is then an end that is read again and again, at the cost of a processor.
    """
    stdin = sys.__stdin__
    if stdin is not None and stdin.isatty():
        number = stdin.fileno()
        start_watch(lambda: not os.isatty(number), end)


def start_watch(
    is_gone: Callable[[], bool],
    end: Callable[[], object],
    quit_at_once: Callable[[int], object] = os._exit,
    every_s: float = LOOK_EVERY_S,
    patience_s: float = PATIENCE_S,
) -> threading.Thread:
    """The thread: it calls `end`, and quits with HUNG_UP if we are here `patience_s` later."""

    def wait() -> None:
        while not is_gone():
            time.sleep(every_s)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            end()
        time.sleep(patience_s)
        quit_at_once(HUNG_UP)

    thread = threading.Thread(target=wait, name="hang-up", daemon=True)
    thread.start()
    return thread
