"""The app and the device on another machine: by ssh, in a terminal of 80x24, on any kind of it."""

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from host.demo.auto import PIN, RECIPIENT
from tests.journeys.desk import desk
from tests.nights import AT_NIGHT
from tests.panes import ROOT, Pane, pane

pytestmark = [AT_NIGHT, pytest.mark.timeout(300)]

PYTHON = sys.executable
BREATH_S = 1.0  # between keys: what comes at once counts as pasted


@dataclass(frozen=True)
class Server:
    """An sshd of our own on loopback, with a key of its own for whom it lets in."""

    folder: Path
    port: int

    def call(self, command: str, term: str = "xterm-256color") -> str:
        """The words that run a command there, in a terminal that calls itself `term`."""
        options = " ".join(
            f"-o {option}"
            for option in (
                "StrictHostKeyChecking=no",
                "UserKnownHostsFile=/dev/null",
                "LogLevel=ERROR",
                "IdentitiesOnly=yes",
            )
        )
        address = f"{getpass.getuser()}@127.0.0.1"
        login = f"ssh -tt -F none -i {self.folder / 'id'} -p {self.port} {options} {address}"
        return f"TERM={term} {login} 'cd {ROOT} && exec {PYTHON} -m host {command}'"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or shutil.which("ssh") is None:
        pytest.skip("sshd is not installed (Debian: openssh-server)")
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    for name in ("host", "id"):
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(keygen, check=True)
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = int(free.getsockname()[1])
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {folder / 'id.pub'}\nUsePAM no\nStrictModes no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
    )
    command = [program, "-D", "-e", "-f", str(folder / "config")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        if "listening" not in said:
            process.kill()
            pytest.skip(f"sshd does not start here: {said.strip()}")
        yield Server(folder, port)
        process.terminate()


def typed(terminal: Pane, text: str) -> None:
    """As a paste comes, and then a breath."""
    terminal.run("send-keys", "-t", "pane", "-l", text)
    time.sleep(BREATH_S)


async def test_a_person_pays_in_the_app(server: Server, tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with desk(home):
        pass  # a device that was set up, a wallet with coins
    with pane("ssh", server.call(f"demo --home {home} --link tcp")) as terminal:
        pays(terminal)


def pays(terminal: Pane) -> None:
    """A person who waits for each page, types the PIN and holds the space bar where it says so."""
    terminal.sees("Balance", "synced")
    terminal.press("p")
    terminal.sees("Amount", "Look at it")
    typed(terminal, RECIPIENT)
    pressed(terminal, "Tab")
    typed(terminal, "25000")
    pressed(terminal, "Enter")
    terminal.sees("Written down", "Go on")
    pressed(terminal, "Enter")
    terminal.sees("pick the digits")
    time.sleep(BREATH_S)
    for digit in PIN:
        pressed(terminal, digit)
    terminal.sees(" ".join("*" * len(PIN)))
    pressed(terminal, "Enter")
    terminal.sees("unlocked")
    end = time.monotonic() + 60
    while "✓ Signed on the device" not in terminal.text():
        assert time.monotonic() < end, terminal.text()
        terminal.hold("Space", 2)
        time.sleep(BREATH_S)
    terminal.sees("seen by")


def leaves(terminal: Pane) -> None:
    """q, until the app has ended, and ssh with it."""
    end = time.monotonic() + 60
    while terminal.run("display-message", "-p", "-t", "pane", "#{pane_dead}").strip() != "1":
        assert time.monotonic() < end, terminal.text()
        pressed(terminal, "q")


def pressed(terminal: Pane, key: str) -> None:
    terminal.press(key)
    time.sleep(BREATH_S)


@pytest.mark.parametrize("term", ["xterm-256color", "linux", "dumb"])
def test_every_kind_of_terminal_shows_the_device_and_the_first_question(
    server: Server, tmp_path: Path, term: str
) -> None:
    home = f"QUIETKEY_HOME={tmp_path / 'empty'}"
    app = server.call("", term).replace("exec ", f"exec env {home} ")
    with pane("ssh-app", app) as terminal:
        terminal.sees("Quit", "Choose")
        leaves(terminal)
    device = server.call(f"device --flash {tmp_path / 'flash'} --tcp 0", term)
    with pane("ssh-device", device) as terminal:
        terminal.sees("New wallet")


def test_a_dropped_connection_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    call = server.call("demo --link tcp").replace("exec ", f"exec env TMPDIR={scratch} ")
    with pane("ssh-drop", call) as terminal:
        terminal.sees("3 peers")
        assert working_in(scratch), "the demo's parts work there"
    end = time.monotonic() + 20
    while working_in(scratch) or any(scratch.iterdir()):
        left = [*working_in(scratch), *scratch.iterdir()]
        assert time.monotonic() < end, f"left behind: {left}"
        time.sleep(0.2)


def working_in(folder: Path) -> list[str]:
    """The command lines of processes that name this folder, or have it as theirs for temporary."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is not ours
        if str(folder).encode() in words and b"sshd" not in words and b"tmux" not in words:
            found.append(f"{process.name} {(process / 'cmdline').read_bytes()[:200]!r}")
    return found
