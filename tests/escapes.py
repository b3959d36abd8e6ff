"""What a sealed process must not be able to do, each tried in it; and what it must still do.

`python -m tests.escapes WALLS FOLDER` seals itself by some walls and prints what came of each, as
JSON: "refused", "done", or an error that a process gets which may. Linux only.
"""

import ctypes
import errno
import fcntl
import json
import os
import pty
import resource
import signal
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from pathlib import Path

from firmware_emu import seal
from firmware_emu.seal import Seal, audit, landlock, seccomp
from firmware_emu.seal.system_calls import call
from firmware_emu.storage.flash import FlashFile

PTRACE_ATTACH = 16
NOBODY, NOWHERE = 0x7FFFFFFF, b"/nowhere/program"
TIOCSTI = 0x5412
# EXDEV is what Landlock says of a link from one folder to another.
REFUSALS = {errno.EPERM, errno.EACCES, errno.EXDEV, errno.ENOSYS}
BESIDE = "read a file beside the flash"  # to the kernel the folder is one
Attempt = Callable[[], object]
NUMBERS = {"x86_64": 0, "aarch64": 1}


class Escapes:
    """All that is opened beforehand, and the attempts. Make it before the seal."""

    def __init__(self, folder: Path) -> None:
        self.flash = folder / "flash" / "device.flash"
        self.outside = folder / "outside"
        self.outside.mkdir(parents=True)
        for name in ("wallet", "diary"):
            (self.outside / name).write_text("somebody else's")
        self.file = FlashFile(self.flash)
        self.file.save(b"first")
        (self.flash.parent / "neighbour").write_text("beside the flash")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.client = socket.create_connection(self.address)
        self.spare, self.datagrams = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        self.near, self.far = pty.openpty()
        self.device = Path(os.ttyname(self.far))
        self.column = NUMBERS[os.uname().machine]

    def forbidden(self) -> dict[str, dict[str, Attempt]]:
        """Each of these must raise, by what it is after."""
        return {
            "files": self._files(),
            "sockets": self._sockets(),
            "processes": self._processes(),
            "others": self._others(),
        }

    def _files(self) -> dict[str, Attempt]:
        """Landlock's part, and one that is the audit hook's."""
        wallet, flash = self.outside / "wallet", self.flash
        return {
            "read a file": wallet.read_text,
            "read a file by os.open": lambda: os.open(wallet, os.O_RDONLY),
            BESIDE: (flash.parent / "neighbour").read_text,
            "read a system file": Path("/etc/passwd").read_text,
            "read our own environment": Path("/proc/self/environ").read_bytes,
            "read a folder": lambda: list(self.outside.iterdir()),
            "scan a folder": lambda: list(os.scandir(self.outside)),
            "write a file": lambda: wallet.write_text("lost"),
            "append to a file": lambda: wallet.open("a"),
            "make a file": (self.outside / "new").touch,
            "truncate a file": lambda: os.truncate(wallet, 0),
            "remove a file": (self.outside / "diary").unlink,
            "move the flash away": lambda: flash.rename(self.outside / "stolen"),
            "move a file to the flash": lambda: wallet.rename(flash),
            "make a folder": (flash.parent / "folder").mkdir,
            "make a link": lambda: (flash.parent / "link").symlink_to(wallet),
            "make a hard link": lambda: (flash.parent / "hard").hardlink_to(wallet),
            "make a pipe": lambda: os.mkfifo(flash.parent / "pipe"),
            "write our own memory": lambda: Path("/proc/self/mem").open("r+b"),
            "open a terminal": lambda: Path("/dev/tty").open("rb"),
        }

    def _sockets(self) -> dict[str, Attempt]:
        return {
            "make a socket": socket.socket,
            "make a pair of sockets": socket.socketpair,
            "connect a socket that is open": lambda: self.spare.connect(self.address),
            "bind a socket that is open": lambda: self.spare.bind(("127.0.0.1", 0)),
            "listen on a socket that is open": self.spare.listen,
            "send to an address": lambda: self.datagrams.sendto(b"keys", self.address),
            "send and connect": lambda: self.spare.sendto(
                b"keys", socket.MSG_FASTOPEN, self.address
            ),
            "look a name up": lambda: socket.getaddrinfo("localhost", 80),
            "set up io_uring": lambda: call(425, 8, ctypes.create_string_buffer(248)),
        }

    def _processes(self) -> dict[str, Attempt]:
        execve, ptrace = (59, 221)[self.column], (101, 117)[self.column]
        reading = (310, 270)[self.column]
        nowhere = (ctypes.c_void_p * 2)()
        return {
            "fork": _fork,
            # Of a program and of processes that there are not: nothing happens where it may.
            "become another program": lambda: call(execve, ctypes.c_char_p(NOWHERE), None, None),
            "run a program": lambda: subprocess.run(["/bin/true"], check=True),
            "spawn a program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
            "ask a shell": lambda: _succeed(os.system("true")),
            "trace a process": lambda: call(ptrace, PTRACE_ATTACH, NOBODY, 0, 0),
            "read another's memory": lambda: call(reading, NOBODY, nowhere, 1, nowhere, 1, 0),
            "take its parent's files": lambda: os.pidfd_open(os.getppid()),
            "signal its parent": lambda: os.kill(os.getppid(), signal.SIGCONT),
        }

    def _others(self) -> dict[str, Attempt]:
        stick = ctypes.create_string_buffer(b"r")
        return {
            "make a file in memory": lambda: os.memfd_create("code"),
            "change a mode": lambda: self.flash.chmod(0o644),
            "change a time": lambda: os.utime(self.outside / "wallet"),
            "type into its own terminal": lambda: fcntl.ioctl(self.far, TIOCSTI, stick),
            "leave its namespaces": lambda: call((272, 97)[self.column], 0x10000000),
            "call what is newer than we are": lambda: call(463, 0, 0, 0, 0),
        }

    def needed(self) -> dict[str, Attempt]:
        """Each of these must go on."""
        return {
            "save the flash": lambda: self.file.save(b"second"),
            "load the flash": self.file.load,
            "accept a connection": lambda: self.listener.accept()[0].send(b"hello"),
            "read what came": lambda: self.client.recv(5),
            "draw random bytes": lambda: os.urandom(32),
            "load a module": lambda: __import__("wave"),
            "load one of ours": lambda: __import__("firmware_emu.faces.script"),
            "start a thread": _in_a_thread(lambda: None),
            "ask for much memory": lambda: len(bytearray(1 << 28)),
            "open a pseudo-terminal's other end": self._flush_far_end,
        }

    def _flush_far_end(self) -> None:
        far = os.open(self.device, os.O_RDWR | os.O_NOCTTY)
        termios.tcflush(far, termios.TCIOFLUSH)
        os.close(far)

    def raise_walls(self, walls: str) -> Seal | None:
        """Seal this process: by "all", or by one of "landlock", "seccomp" and "audit" alone.

        "landlock 3" is Landlock as a kernel has it that knows no later version of it.
        """
        readable = seal.code_folders()
        match walls:
            case "all":
                return seal.close(self.flash, [self.device])
            case "seccomp":
                seccomp.restrict()
            case "audit":
                audit.restrict(audit.Paths(readable, self.flash, (self.device,)))
            case _:
                version = int(walls.removeprefix("landlock") or landlock.version())
                landlock.version = lambda: version
                landlock.restrict(landlock.Openable(readable, (self.flash.parent,), (self.device,)))
        return None

    def outcomes(self) -> dict[str, dict[str, str]]:
        """What came of all of them, each kind in this thread and in one started afterwards."""
        tried = {}
        for kind, attempts in self.forbidden().items():
            threads = {name: _in_a_thread(attempt) for name, attempt in attempts.items()}
            tried[kind] = {name: _outcome(trial) for name, trial in attempts.items()}
            tried[f"{kind} in a thread"] = {
                name: _outcome(trial) for name, trial in threads.items()
            }
        return tried | {"needed": {name: _outcome(trial) for name, trial in self.needed().items()}}


def _fork() -> None:
    if child := os.fork():
        os.waitpid(child, 0)
    else:
        os._exit(0)


def _succeed(status: int) -> None:
    if status:
        raise OSError(errno.EPERM, "the shell did not start")


def _in_a_thread(attempt: Callable[[], object]) -> Callable[[], object]:
    def trial() -> None:
        raised: list[BaseException] = []

        def run() -> None:
            try:
                attempt()
            except OSError as error:
                raised.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if raised:
            raise raised[0]

    return trial


def _outcome(attempt: Attempt) -> str:
    """Whether it was refused, or what else came of it."""
    try:
        attempt()
    except OSError as error:
        return "refused" if error.errno in REFUSALS else errno.errorcode.get(error.errno or 0, "?")
    return "done"


def main(walls: str, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    escapes = Escapes(Path(folder))
    escapes.raise_walls(walls)
    sys.stdout.write(json.dumps(escapes.outcomes()))


if __name__ == "__main__":
    main(*sys.argv[1:])
