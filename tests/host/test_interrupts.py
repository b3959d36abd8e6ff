"""Ctrl-C while modules load: it ends the program, and no module is torn open."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from host.interrupts import ending_at_once

ROOT = Path(__file__).resolve().parents[2]

# Ctrl-C at the very moment at which a module is looked for.
PRESSED = """
import os, signal, sys
from importlib.abc import MetaPathFinder
class Pressed(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Pressed())
from host.__main__ import main
sys.exit(main({words!r}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("host.cli", []),
        ("textual", []),
        ("host.demo", ["demo", "--auto"]),
        ("bdkpython", ["wallet", "balance"]),
        ("host.devnet", ["devnet"]),
    ],
)
def test_while_a_module_loads_it_ends_without_a_word(module: str, words: list[str]) -> None:
    code = PRESSED.format(module=module, words=words)
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_afterwards_it_is_what_it_was_before() -> None:
    before, meanwhile = signal.getsignal(signal.SIGINT), []

    def fail() -> None:
        meanwhile.append(signal.getsignal(signal.SIGINT))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), ending_at_once():
        fail()
    assert meanwhile == [signal.SIG_DFL]
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_nothing_changes() -> None:
    seen = []

    def work() -> None:
        with ending_at_once():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
