"""T102: code that an attacker brought into the device's process finds no way out of it.

A fault in a parser, or a package that was tampered with, may run anything inside. It must not
carry keys away: no socket, no file but the flash, no child, no other process.
"""

import ctypes
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from firmware_emu import seal
from firmware_emu.emulator import EmulatorProcess, sealed_record
from firmware_emu.seal import audit, seccomp
from signer.formats import cbor

ROOT = Path(__file__).resolve().parents[3]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's seal is Linux's")
KINDS = {"files", "sockets", "processes", "others"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
    )


def escaped(walls: str, folder: Path) -> dict[str, set[str]]:
    """What was not refused behind these walls, by kind; that all that is needed went on is sure."""
    ended = run("-m", "tests.escapes", walls, str(folder))
    assert ended.returncode == 0, ended.stderr
    return not_refused(json.loads(ended.stdout))


def not_refused(outcomes: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    assert set(outcomes.pop("needed").values()) == {"done"}
    assert outcomes.keys() == KINDS | {f"{kind} in a thread" for kind in KINDS}
    assert all(len(tried) > 5 for tried in outcomes.values())
    return {
        kind: {name for name, outcome in tried.items() if outcome != "refused"}
        for kind, tried in outcomes.items()
    }


@LINUX
def test_in_a_sealed_process_each_way_out_is_refused_and_the_work_goes_on(tmp_path: Path) -> None:
    ended = run("-m", "tests.escapes", "all", str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    outcomes = json.loads(ended.stdout)
    readme = (ROOT / "firmware_emu" / "README.md").read_text("utf-8")
    assert f"tries {sum(len(outcomes[kind]) for kind in KINDS)} ways out" in readme
    assert set().union(*not_refused(outcomes).values()) == set()


@LINUX
@pytest.mark.parametrize("version", ["", " 1", " 2", " 3", " 4", " 5", " 6"])
def test_landlock_alone_keeps_every_file_shut(tmp_path: Path, version: str) -> None:
    """As every version of it does that kernels have; two of the ways are seccomp's before."""
    outside = escaped(f"landlock{version}", tmp_path)
    by_version = {"truncate a file"} if version in {" 1", " 2"} else set()
    assert (
        outside["files"]
        == outside["files in a thread"]
        == by_version | {"read a file beside the flash"}
    )
    tcp = {"connect a socket that is open", "bind a socket that is open"}
    assert tcp.isdisjoint(outside["sockets"]) == (version not in {" 1", " 2", " 3"})
    assert ("signal its parent" not in outside["processes"]) == (version in {"", " 6"})


@LINUX
def test_seccomp_alone_makes_no_socket_and_no_child(tmp_path: Path) -> None:
    outside = escaped("seccomp", tmp_path)
    assert outside["sockets"] == outside["sockets in a thread"] == {"look a name up"}
    assert outside["processes"] == outside["processes in a thread"] == {"signal its parent"}
    assert outside["others"] == outside["others in a thread"] == set()


@LINUX
def test_the_interpreter_alone_refuses_what_is_asked_of_it(tmp_path: Path) -> None:
    """All there is on other systems: what goes around the interpreter is not seen."""
    outside = escaped("audit", tmp_path)
    assert outside["files"] == {"make a pipe"}
    made = {"make a socket", "make a pair of sockets", "listen on a socket that is open"}
    assert outside["sockets"] == made | {"set up io_uring"}
    children = {"fork", "run a program", "spawn a program", "ask a shell"}
    assert children.isdisjoint(outside["processes"])


# The device as it is, but for what it does with the first event: it tries to get out.
BROKEN_INTO = """
import json, os, sys
from pathlib import Path
from firmware_emu.__main__ import main
from firmware_emu.core.device import Device
from firmware_emu.events import Shown
from tests.escapes import Escapes

escapes = Escapes(Path(sys.argv[1]))
def handle(self, event):
    if isinstance(event, Shown):
        return []  # its own first screen, before anything is plugged in
    outcomes = escapes.outcomes()
    del outcomes["needed"]["open a pseudo-terminal's other end"]  # not one of this device's
    print(json.dumps(outcomes), flush=True)
    os._exit(0)
Device.handle = handle
main(["--flash", str(escapes.flash.with_suffix("")), "--tcp", "0", "--pty", "--face", "none"])
"""


@LINUX
def test_the_device_itself_is_sealed_when_its_first_event_comes(tmp_path: Path) -> None:
    ended = run("-c", BROKEN_INTO, str(tmp_path))
    assert ended.stderr == ""
    assert set().union(*not_refused(json.loads(ended.stdout)).values()) == set()


def threads(pid: int) -> list[dict[str, str]]:
    """What the kernel says of each thread of a process."""
    files = (Path("/proc") / str(pid) / "task").glob("*/status")
    return [dict(line.split(":\t", 1) for line in file.read_text().splitlines()) for file in files]


LINKS = ("--tcp", "0", "--pty", "--camera", "0")


@LINUX
def test_every_thread_of_a_device_is_under_the_filter(tmp_path: Path) -> None:
    with EmulatorProcess(tmp_path / "device.flash", sealed_record(), LINKS) as device:
        assert device.announcement["seal"] == "files, sockets, children, by the kernel"
        status = threads(device.pid)
        assert len(status) > 1
        assert {(one["Seccomp"], one["NoNewPrivs"]) for one in status} == {("2", "1")}


@LINUX
def test_a_device_whose_port_has_a_name_is_sealed_too(tmp_path: Path) -> None:
    """To look a name up takes a thread, which would stay outside."""
    flags = ("--tcp", "0", "--tcp-host", "localhost", "--beyond-loopback")
    with EmulatorProcess(tmp_path / "device.flash", sealed_record(), flags) as device:
        assert {one["Seccomp"] for one in threads(device.pid)} == {"2"}


@LINUX
def test_a_serial_port_is_opened_again_and_again_by_its_clients(tmp_path: Path) -> None:
    """Between two clients the device opens the other end itself."""
    asked = cbor.encode({"id": "1", "method": "get_version_info"})
    with EmulatorProcess(tmp_path / "device.flash", sealed_record(), LINKS) as device:
        for _ in range(3):
            far = os.open(device.announcement["pty"], os.O_RDWR | os.O_NOCTTY)
            os.write(far, asked)
            assert b"JADE_VERSION" in os.read(far, 4096)
            os.close(far)
        assert device.unlock().state == "unlocked"


def test_without_the_seal_it_says_so_on_every_side(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    flags = ("--tcp", "0", "--no-seal")
    with EmulatorProcess(tmp_path / "device.flash", sealed_record(), flags) as device:
        assert device.announcement["seal"] is None
        assert "Not sealed (--no-seal)." in device.screen.lines
        assert "Not sealed (--no-seal)." in device.unlock().lines
        if sys.platform == "linux":
            assert {one["Seccomp"] for one in threads(device.pid)} == {"0"}
    said = capfd.readouterr().err
    assert said == "Not sealed (--no-seal): this process can open files, sockets and programs.\n"


# A kernel without one of the two.
OLD_KERNEL = """
import sys
from firmware_emu import seal
from firmware_emu.seal import landlock, seccomp
from firmware_emu.__main__ import main
{module}.{name} = lambda *_: {value}
sys.exit(main(sys.argv[1:]))
"""


@LINUX
@pytest.mark.parametrize(
    ("module", "name", "value", "sentence"),
    [
        ("landlock", "version", 0, "sockets and children by the kernel, files"),
        ("seccomp", "restrict", False, "files by the kernel, sockets and children"),
        ("seal", "_by_the_kernel", "seal.Seal()", "files, sockets and children"),
    ],
)
def test_where_the_kernel_cannot_it_says_what_the_interpreter_holds_alone(
    tmp_path: Path, module: str, name: str, value: object, sentence: str
) -> None:
    code = OLD_KERNEL.format(module=module, name=name, value=value)
    flags = ("--flash", str(tmp_path / "f"), "--tcp", "0", "--face", "none")
    ended = run("-c", code, *flags, "--announce", "--exit-with-stdin")
    sealed = f"{sentence} by the interpreter alone"
    assert json.loads(ended.stdout)["seal"] == sealed
    assert ended.stderr == f"Sealed: {sealed}.\n"


def test_a_process_with_a_second_thread_is_not_said_to_be_sealed(tmp_path: Path) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with pytest.raises(seal.SealError, match="threads"):
            seal.close(tmp_path / "device.flash")
    finally:
        stop.set()
        thread.join()


PLACES = audit.Paths((Path("/lib/code"),), Path("/home/me/device.flash"), (Path("/dev/pts/7"),))


@pytest.mark.parametrize(
    ("path", "is_read", "is_written"),
    [
        ("/home/me/device.flash", True, True),
        ("/home/me/device.flash.new", True, True),
        ("/dev/pts/7", True, True),
        ("/lib/code/module.py", True, False),
        ("/home/me", True, False),
        ("/home/me/wallet.sqlite", False, False),
        ("/home/me/device.flash/inside", False, False),
        ("/home/me/deeper/device.flash", False, False),
        ("/lib/code-of-others", False, False),
        ("/dev/pts/70", False, False),
        ("/", False, False),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths are written otherwise")
def test_the_interpreter_opens_code_to_read_and_the_flash_to_write(
    path: str, is_read: bool, is_written: bool
) -> None:
    assert PLACES.may_read(path) == is_read
    assert PLACES.may_write(path) == is_written


# The filter for both machines, as the kernel would run it.
NUMBERS = {
    machine: {name: row[column] for name, row in seccomp.REFUSED.items()}
    for machine, column in (("x86_64", 0), ("aarch64", 1))
}
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
EPERM, ENOSYS, ALLOW, KILL = 0x00050001, 0x00050026, 0x7FFF0000, 0x80000000
CLONE = {"x86_64": 56, "aarch64": 220}
SENDTO = {"x86_64": 44, "aarch64": 206}
THREAD = 0x3D0F00  # the flags that pthread_create gives


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter for this machine says: classic BPF, read by hand."""
    data = ctypes.create_string_buffer(64)
    words = (number, architecture or AUDIT[machine], 0, 0)
    for at, word in enumerate(words):
        data[4 * at : 4 * at + 4] = word.to_bytes(4, "little")
    for at, argument in enumerate(arguments):
        data[16 + 8 * at : 24 + 8 * at] = argument.to_bytes(8, "little")
    program, at, held = seccomp.program(machine), 0, 0
    while True:
        operation, so, otherwise, operand = program[at]
        at += 1
        match operation:
            case 0x20:
                held = int.from_bytes(data[operand : operand + 4], "little")
            case 0x06:
                return operand
            case _:
                test = {0x15: held == operand, 0x25: held > operand, 0x45: bool(held & operand)}
                at += so if test[operation] else otherwise


@pytest.mark.parametrize("machine", AUDIT)
def test_the_filter_refuses_what_it_lists_and_what_it_does_not_know(machine: str) -> None:
    numbers = {number for number in NUMBERS[machine].values() if number is not None}
    assert {verdict(machine, number) for number in numbers} == {EPERM}
    others = set(range(463)) - numbers - {435, CLONE[machine]}
    assert {verdict(machine, number) for number in others} == {ALLOW}
    assert {verdict(machine, number) for number in (435, 463, 0x40000000, 1 << 31)} == {ENOSYS}
    assert verdict(machine, 0, architecture=0x40000003) == KILL  # a program of 32 bits


@pytest.mark.parametrize("machine", AUDIT)
def test_the_filter_looks_at_what_is_asked_for(machine: str) -> None:
    column = list(AUDIT).index(machine)
    assert verdict(machine, CLONE[machine], THREAD) == ALLOW
    assert verdict(machine, CLONE[machine], 0x01200011) == EPERM  # what fork gives
    assert verdict(machine, SENDTO[machine], 3, 1 << 40, 5, 0, 0, 0) == ALLOW
    assert verdict(machine, SENDTO[machine], 3, 1 << 40, 5, 0, 0x7FFF0000, 16) == EPERM
    assert verdict(machine, (46, 211)[column], 3, 1 << 40, 0x4000) == ALLOW
    assert verdict(machine, (46, 211)[column], 3, 1 << 40, 0x20004000) == EPERM
    assert verdict(machine, (16, 29)[column], 0, 0x5413) == ALLOW  # the size of a window
    assert verdict(machine, (16, 29)[column], 0, 0x5412) == EPERM
    assert verdict(machine, (16, 29)[column], 0, 0x541C) == EPERM


HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", AUDIT)
def test_the_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    if not HEADERS[machine].is_file():
        pytest.skip("the kernel's headers are not here")
    text = HEADERS[machine].read_text()
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", text))
    newest = max(map(int, found.values()))
    ours = {name: number for name, number in NUMBERS[machine].items() if (number or 0) <= newest}
    assert ours == {name: int(found[name]) if name in found else None for name in ours}
