"""T101: what the process holds must not get out of it: not as a core, not to others, not as swap.

Unlocked it holds the master key. A crash would write it to the disk where a system collects cores,
and any program of the same person could read it through the system. Root can always: it owns the
system that the device runs on.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_emu import private_memory

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="by Linux's own means")
if sys.platform != "win32":
    import resource
PLAIN = ("-c", "print('{}', flush=True); import sys; sys.stdin.read()")
FLAGS = ("--flash", "device.flash", "--tcp", "0", "--face", "none", "--announce")
DEVICE = ("-m", "firmware_emu", *FLAGS, "--exit-with-stdin")
# The same, with no limit of its own on cores.
UNLIMITED = """
import sys
from firmware_emu import __main__, private_memory

private_memory._limit_cores = lambda: None
sys.exit(__main__.main(sys.argv[1:]))
"""


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[int]:
    """A process of our interpreter that may dump cores as large as the system lets it; its pid."""
    unlimited = 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"'
    with subprocess.Popen(
        ["/bin/sh", "-c", unlimited, "sh", sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) is not None
        try:
            yield process.pid
        finally:
            process.kill()


def dumps(pid: int) -> bool:
    """Whether a process that is aborted leaves a core."""
    os.kill(pid, signal.SIGABRT)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.fixture
def cores(tmp_path: Path) -> None:
    """The control: another process leaves one here."""
    (tmp_path / "plain").mkdir()
    with running(tmp_path / "plain", *PLAIN) as plain:
        if not dumps(plain):
            pytest.skip("this system lets no process leave a core")


@pytest.mark.usefixtures("cores")
def test_a_device_that_crashes_leaves_no_core(tmp_path: Path) -> None:
    with running(tmp_path, *DEVICE) as device:
        limits = Path(f"/proc/{device}/limits").read_text("utf-8")
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
        assert not dumps(device)
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {
        "device.flash",
        "device.flash.copy",
        "device.flash.lock",
    }


@pytest.mark.usefixtures("cores")
def test_it_leaves_none_either_where_the_limit_does_not_hold(tmp_path: Path) -> None:
    """Cores that are piped to a program of the system are not bound by it."""
    with running(tmp_path, "-c", UNLIMITED, *FLAGS) as device:
        assert not dumps(device)


# Two processes of one user that is not root; the second looks into the first.
LOOK = """
import ctypes, os, sys
from firmware_emu import private_memory

def ordinary():
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as a process is that was ordinary from the start

here, there = os.pipe(), os.pipe()
if not (first := os.fork()):
    ordinary()
    if sys.argv[1] == "private":
        private_memory.keep_private()
    os.write(here[1], b".")
    os.close(there[1])
    os.read(there[0], 1)
    os._exit(0)
os.close(here[1])
os.read(here[0], 1)
if not os.fork():
    ordinary()
    try:
        open(f"/proc/{first}/mem", "rb").close()
        print("read", flush=True)
    except PermissionError:
        print("refused", flush=True)
    os._exit(0)
os.wait()
os.write(there[1], b".")
os.wait()
"""


def look(kind: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", LOOK, kind], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_no_other_process_of_the_same_person_may_look_into_it() -> None:
    if look("plain") != "read":
        pytest.skip("this system lets no process look into another")
    assert look("private") == "refused"


def locked_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    [line] = [line for line in status.splitlines() if line.startswith("VmLck:")]
    return int(line.split()[1])


@pytest.mark.skipif(os.geteuid() != 0, reason="others may lock too little")
def test_its_memory_is_kept_out_of_swap(tmp_path: Path) -> None:
    with running(tmp_path, *PLAIN) as plain:
        assert locked_kib(plain) == 0
    with running(tmp_path, *DEVICE) as device:
        assert locked_kib(device) > 10_000


# Who may lock little gets no lock, and can still pay for a PIN try of the usual cost.
LITTLE = """
import os, resource
from firmware_emu import private_memory
from firmware_emu.storage.vault import Cost

Cost(memory_kib=1024, passes=1).stretch("1234", bytes(16))  # loads what it needs
_, most = resource.getrlimit(resource.RLIMIT_MEMLOCK)
little = 300 << 20 if most == resource.RLIM_INFINITY else min(most, 300 << 20)
resource.setrlimit(resource.RLIMIT_MEMLOCK, (1 << 20, little))
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
print(private_memory.keep_private(), len(Cost(passes=1).stretch("1234", bytes(16))))
"""


def test_who_may_lock_little_has_a_device_that_works_and_is_told() -> None:
    run = subprocess.run(
        [sys.executable, "-c", LITTLE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False", "32"]


@pytest.mark.parametrize(
    ("most", "is_capable", "locks"),
    [
        (300 << 20, False, False),  # more than it starts with, less than a PIN try takes
        (2 << 30, False, True),
        (-1, False, True),  # no limit
        (8 << 20, True, True),
    ],
)
def test_memory_is_locked_only_where_a_pin_try_can_be_locked_too(
    monkeypatch: pytest.MonkeyPatch, most: int, *, is_capable: bool, locks: bool
) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (0, most))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: raised.append(limits))
    monkeypatch.setattr(private_memory, "_has_capability", lambda: is_capable)
    assert private_memory._may_lock_enough() is locks
    assert raised == [(most, most)]


TOLD = """
import sys
from firmware_emu import __main__, private_memory

private_memory.keep_private = lambda: False
sys.exit(__main__.main(["--flash", "device.flash", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(("face", "is_told"), [("none", False), ("terminal", True)])
def test_a_person_is_told_when_memory_is_not_locked(
    tmp_path: Path, face: str, *, is_told: bool
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", TOLD, "--face", face, "--tcp", "0", "--exit-with-stdin"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ("may lock no memory here" in run.stderr) is is_told
