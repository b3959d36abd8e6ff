"""The device as others test against it: started, forked and asked, beside a bare interpreter.

Wall time, the least of some runs: most of it passes in processes of their own.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from firmware_emu.emulator import Emulator, EmulatorProcess, sealed_record
from tests.benchmarks.harness import RUNS, Figure
from tests.psbts import build, keyring

BESIDE = "python -c pass, as a process"


def figures() -> Iterator[Figure]:
    yardstick = wall_seconds(_bare_interpreter)
    device, payment = Emulator(), build(keyring(), 1)
    trials: dict[str, Callable[[], object]] = {
        "in memory, from nothing to unlocked": Emulator,
        "a second one that lived the same life": device.fork,
        "in memory, a payment of one coin reviewed, approved, signed": lambda: _pay(payment),
        "a process, from its start to its first view, and its end": _process,
    }
    for name, trial in trials.items():
        yield Figure(name, wall_seconds(trial), BESIDE, yardstick)


def wall_seconds(trial: Callable[[], object]) -> float:
    return min(_seconds(trial) for _ in range(RUNS))


def _seconds(trial: Callable[[], object]) -> float:
    start = perf_counter()
    trial()
    return perf_counter() - start


def _bare_interpreter() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def _pay(payment: bytes) -> None:
    device = Emulator()
    request = device.request("sign_psbt", {"network": "localtest", "psbt": payment})
    device.approve()
    request.result()


def _process() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        EmulatorProcess(Path(folder) / "device.flash", sealed_record()) as device,
    ):
        device.unlock()
