"""Kills a device at each system call of a story, and tells what its flash holds after that.

`python -m tests.kill_points STORY FOLDER` prints a line of JSON for each kill (Linux, ptrace). The
process is made ready once and forked for each kill; a fork stops at every system call on the way.
"""

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from firmware_emu.core.device import Device
from firmware_emu.effects import Show
from firmware_emu.emulator import MNEMONIC, PIN, sealed_record
from firmware_emu.emulator.presets import CHEAP
from firmware_emu.events import Typed
from firmware_emu.screens import Key
from firmware_emu.shell import Shell
from firmware_emu.storage import copies, vault
from firmware_emu.storage.flash import FlashFile, stored
from firmware_emu.storage.vault import Vault
from tests.desk import pressed

WRONG = "9999"
REFUSED = "ptrace is refused"
_TRACEME, _SYSCALL, _SETOPTIONS, _EXITKILL = 0, 24, 0x4200, 0x100000

Files = dict[str, bytes]  # in the device's folder, by name
Press = Callable[[Shell], None]


def press(shell: Shell, *keys: Key) -> None:
    for event in pressed(*keys):
        shell.happen(event)


def enter(shell: Shell, text: str) -> None:
    shell.happen(Typed(text))
    press(shell, Key.OK)


def unlock(pin: str) -> Press:
    def story(shell: Shell) -> None:
        press(shell, Key.OK)
        enter(shell, pin)

    return story


def last_try(shell: Shell) -> None:
    unlock(WRONG)(shell)
    press(shell, Key.OK)  # read: it was the last one


def erase(shell: Shell) -> None:
    press(shell, Key.STOP, Key.OK, Key.HOLD)
    enter(shell, "erase")


def set_up(shell: Shell) -> None:
    press(shell, Key.RIGHT, Key.OK, Key.OK)
    for word in MNEMONIC.split():
        enter(shell, word)
    enter(shell, PIN)
    enter(shell, PIN)


def with_tries(tries: int) -> bytes:
    kept = vault.parse(sealed_record())
    return Vault(kept.settings, kept.sealed, tries).encode()


def saved(record: bytes, folder: Path) -> Files:
    """What a device with this record leaves in its folder."""
    with FlashFile(folder / "device.flash") as flash:
        flash.save(record)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@dataclass(frozen=True, slots=True)
class Story:
    """From switching it on, with this record in flash, to the end of what a person does."""

    record: bytes | None
    press: Press
    damaged: str = ""  # the copy that the disk has lost
    is_old: bool = False  # a record of before there were two copies

    def files(self, folder: Path) -> Files:
        if self.record is None:
            return {}
        if self.is_old:
            return {"device.flash": self.record}
        files = saved(self.record, folder)
        return files | ({self.damaged: b"damaged"} if self.damaged else {})


STORIES = {
    "wrong": Story(with_tries(5), unlock(WRONG)),
    "right": Story(with_tries(5), unlock(PIN)),
    "last": Story(with_tries(1), last_try),
    "erase": Story(with_tries(5), erase),
    "set-up": Story(None, set_up),
    "old": Story(with_tries(5), unlock(WRONG), is_old=True),
    "first damaged": Story(with_tries(5), unlock(WRONG), damaged="device.flash"),
    "second damaged": Story(with_tries(5), unlock(PIN), damaged="device.flash.copy"),
}


class Teller:
    """A face that tells each title that a person could read, through a pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def show(self, show: Show) -> None:
        title = show.screen.lines()[0].strip()
        os.write(self._pipe, f"{show.state.value}: {title}\n".encode())


def live(story: Story, path: Path, pipe: int) -> None:
    with FlashFile(path) as flash:
        device = Device(flash.load(), bytes(range(32)), CHEAP)
        shell = Shell(device, flash, [Teller(pipe)])
        shell.start()
        story.press(shell)


def killed_at(call: int, story: Story, path: Path) -> tuple[bool, list[str]]:
    """Live it up to its system call of this number: whether it came so far, and what was told."""
    told, pipe = os.pipe()
    pid = os.fork()
    if not pid:
        _trace(_TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        live(story, path, pipe)
        os._exit(0)
    os.close(pipe)
    os.waitpid(pid, 0)
    _trace(_SETOPTIONS, pid, _EXITKILL)
    is_alive = _run(pid, 2 * call - 1)  # each call stops twice: before it is made, and after
    if is_alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    with os.fdopen(told, "rb") as lines:
        return is_alive, lines.read().decode().splitlines()


def _run(pid: int, stops: int) -> bool:
    for _ in range(stops):
        _trace(_SYSCALL, pid)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            if status:
                raise ChildProcessError(f"The device ended with status {status}.")
            return False
    return True


def _trace(request: int, pid: int, data: int = 0) -> None:
    if _ptrace()(request, pid, None, data) == -1:
        raise PermissionError(REFUSED)


@cache
def _ptrace() -> Callable[[int, int, None, int], int]:
    call = ctypes.CDLL(None, use_errno=True).ptrace
    call.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    call.restype = ctypes.c_long
    return call


def kills(story: Story, folder: Path) -> Iterator[dict[str, object]]:
    """What a next start finds after each kill, and what had been told before it.

    Raises PermissionError where this system lets no process trace another.
    """
    path, call, is_alive = folder / "device.flash", 0, True
    (folder / "first").mkdir()
    files = story.files(folder / "first")
    live(story, folder / "warm" / "device.flash", os.open(os.devnull, os.O_WRONLY))
    while is_alive:
        call += 1
        _replace(folder, files)
        is_alive, told = killed_at(call, story, path)
        yield {"told": told, "done": not is_alive} | _found(path)


def _replace(folder: Path, files: Files) -> None:
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _found(path: Path) -> dict[str, object]:
    """By the next start, and by each copy alone: what there would be if the other were damaged."""
    alone = [_read(copy) for copy in (path, path.with_name("device.flash.copy"))]
    before = stored(path)
    with FlashFile(path) as flash:
        record = flash.load()
    assert record == before
    return {"found": _read_record(record), "alone": alone}


def _read(path: Path) -> tuple[int, bool] | None:
    copy = copies.decode(path.read_bytes()) if path.exists() else None
    return _read_record(copy.record if copy else None)


def _read_record(record: bytes | None) -> tuple[int, bool] | None:
    """Tries, and whether there is a seed that its PIN opens; None: no record."""
    if record is None:
        return None
    kept = vault.parse(record)
    return kept.tries_left, kept.sealed is not None and bool(kept.sealed.open(PIN))


def main() -> None:
    try:
        for outcome in kills(STORIES[sys.argv[1]], Path(sys.argv[2])):
            sys.stdout.write(json.dumps(outcome) + "\n")
    except PermissionError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
