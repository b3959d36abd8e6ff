"""What a device does while it is flooded: its memory, and how long a person and a host wait."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from firmware_emu.emulator import EmulatorProcess
from tests.floods.kinds import ask, connect

FLAGS = ("--tcp", "0", "--camera", "0", "--pty")


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, and the most memory so far in MiB."""

    key: float
    key_worst: float
    second: float
    memory: float


def flood(device: EmulatorProcess, kind: str, seconds: float) -> Measured:
    """Flood it for so long, looking all the while."""
    keys, seconds_of_another = [], []
    with sending(device, kind):
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(keys) < 5:
            keys.append(timed(lambda: device.press("left")))
            seconds_of_another.append(timed(lambda: another(device)))
            time.sleep(0.02)
    return Measured(median(keys), max(keys), max(seconds_of_another), peak(device.pid))


@contextmanager
def sending(device: EmulatorProcess, kind: str) -> Iterator[None]:
    """A process that sends this kind of flood. It has begun once this has."""
    command = [sys.executable, "-m", "tests.floods.kinds", kind]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as sender:
        assert sender.stdin is not None
        assert sender.stdout is not None
        assert sender.stdout.readline() == "begins\n"
        sender.stdin.write(json.dumps(device.announcement) + "\n")
        sender.stdin.flush()
        yield
        assert sender.poll() is None, f"{kind} ended by itself."
        sender.kill()


def another(device: EmulatorProcess) -> None:
    """A host that comes now and asks what every wallet asks first."""
    with connect(device.announcement) as line:
        line.sendall(ask("get_version_info"))
        assert line.recv(1 << 12)


def timed(action: "object") -> float:
    began = time.monotonic()
    assert callable(action)
    action()
    return time.monotonic() - began


def peak(pid: int) -> float:
    """The most memory that a process ever had resident, in MiB (proc(5), VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
