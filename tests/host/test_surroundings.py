"""No terminal, no folder, no reader, an early end: one sentence, a status, nothing left behind."""

import os
import pty
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from host import interrupts
from host.payees.contacts import Contact
from tests.nights import cases
from tests.wallets import STRANGER, paired

HOST = (sys.executable, "-m", "host")
ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
UNWRITTEN = 120  # Python's status where the last of an output finds no terminal


def run(*words: str, **more: object) -> "subprocess.CompletedProcess[str]":
    settings = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": PATIENCE_S}
    return subprocess.run([*HOST, *words], cwd=ROOT, text=True, check=False, **settings | more)  # type: ignore[call-overload, no-any-return]


def is_one_sentence(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith(".\n") and "Traceback" not in text


@pytest.mark.parametrize("words", [(), ("demo",), ("demo", "--json")], ids=" ".join)
def test_without_a_terminal_the_app_says_so(words: tuple[str, ...]) -> None:
    ended = run(*words)
    assert ended.returncode == (2 if "--json" in words else 1)
    assert ("error" in ended.stdout) is ("--json" in words)
    assert is_one_sentence(ended.stderr)
    assert "quietkey demo --auto" in ended.stderr


def test_a_file_where_a_folder_must_be_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for words in (("devnet", "--data"), ("demo", "--auto", "--home")):
        ended = run(*words, str(file))
        assert ended.returncode == 1
        assert is_one_sentence(ended.stderr)
        assert str(file) in ended.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a person without a home")
def test_without_a_home_folder_it_says_how_to_name_one() -> None:
    env = {name: os.environ[name] for name in os.environ.keys() - {"HOME", "QUIETKEY_HOME"}}
    script = """
import os, pwd
from host.config import HomeFolder
from host.errors import WalletError
os.setuid(4711)  # nobody has this number, and so nobody's home is known
try:
    HomeFolder.default()
except WalletError as error:
    print(error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert is_one_sentence(ended.stdout)
    assert "--home" in ended.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_letters_that_the_output_has_no_place_for_end_nothing(
    encoding: str, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "regtest" / "wpkh")
    wallet.store.keep_contact(Contact("J\xfcrgen \N{SNOWMAN}", STRANGER))
    wallet.close()
    env = os.environ | {"PYTHONIOENCODING": encoding}
    ended = run("wallet", "contacts", "--home", str(tmp_path), env=env, encoding=encoding)
    name = ended.stdout.split(" " + STRANGER)[0].strip()
    spelled = {"ascii": "J\\xfcrgen \\u2603", "latin-1": "J\xfcrgen \\u2603"}
    assert (ended.returncode, name) == (0, spelled.get(encoding, "J\xfcrgen \N{SNOWMAN}"))


def test_an_output_that_nobody_reads_is_a_sentence() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = run("demo", "--auto", capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert ended.returncode == 1
    assert ended.stderr == "Nobody reads the output any more, so this stopped.\n"


def test_an_output_that_takes_no_more_is_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        ended = run("demo", "--auto", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    assert ended.stderr == "No space left on device.\n"


def test_help_that_cannot_be_written_is_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        ended = run("--version", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr) == (1, "No space left on device.\n")


def descendants(pid: int) -> set[int]:
    """The processes that this one started and they started."""
    children = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        children |= {int(child) for child in task.read_text().split()}
    return children.union(*(descendants(child) for child in children))


@dataclass(slots=True)
class Window:
    """A terminal whose screen nobody looks at."""

    screen: int
    started: threading.Event = field(default_factory=threading.Event)
    _closing: threading.Event = field(default_factory=threading.Event)
    _reader: threading.Thread = field(init=False)

    def open(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Once is enough."""
        self._closing.set()
        self._reader.join()
        if self.screen >= 0:
            os.close(self.screen)
        self.screen = -1

    def _read(self) -> None:
        """Until it is closed: what a reader waits for stays open."""
        text = b""
        while not self._closing.is_set():
            if select.select([self.screen], [], [], 0.1)[0]:
                text = (text + self._chunk())[-100_000:]
                if b"New wallet" in text:
                    self.started.set()

    def _chunk(self) -> bytes:
        try:
            return os.read(self.screen, 1 << 16)
        except OSError:  # EIO: nobody has it open any more
            self._closing.set()
            return b""


@contextmanager
def at_a_terminal(*words: str, scratch: Path) -> Iterator[tuple["subprocess.Popen[bytes]", Window]]:
    """The app in the window of a terminal, up to the first words of its device."""
    screen, keyboard = pty.openpty()
    window = Window(screen)
    env = os.environ | {"TMPDIR": str(scratch), "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [*HOST, *words], cwd=ROOT, env=env, stdin=keyboard, stdout=keyboard, stderr=keyboard
    )
    os.close(keyboard)
    window.open()
    try:
        assert window.started.wait(PATIENCE_S), "the device never showed its menu"
        yield process, window
    finally:
        process.kill()
        process.wait()
        window.close()


@pytest.mark.parametrize("name", cases(["SIGHUP", "SIGTERM"], {"SIGHUP"}))
def test_an_app_that_is_ended_leaves_no_folder_and_no_process(name: str, tmp_path: Path) -> None:
    number = getattr(signal, name)
    with at_a_terminal("demo", scratch=tmp_path) as (process, _):
        parts = descendants(process.pid)
        assert len(parts) >= 2
        assert [folder.name.startswith("quietkey-") for folder in tmp_path.iterdir()] == [True]
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 128 + number
        assert list(tmp_path.iterdir()) == []
        assert not [part for part in parts if Path(f"/proc/{part}/exe").exists()]


def test_an_app_whose_terminal_is_gone_ends_without_a_signal(tmp_path: Path) -> None:
    """As under nohup, or where the signal goes to a shell that is gone itself."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with at_a_terminal("demo", scratch=tmp_path) as (process, window):
            parts = descendants(process.pid)
            window.close()
            assert process.wait(PATIENCE_S) in {interrupts.HUNG_UP, UNWRITTEN}
    finally:
        signal.signal(signal.SIGHUP, before)
    assert list(tmp_path.iterdir()) == []
    assert not [part for part in parts if Path(f"/proc/{part}/exe").exists()]


def test_an_app_that_is_stuck_when_its_terminal_goes_is_quit() -> None:
    calls: list[object] = []
    looks = iter([False, False, True])
    thread = interrupts.start_watch(looks.__next__, lambda: calls.append("end"), calls.append, 0, 0)
    thread.join(PATIENCE_S)
    assert calls == ["end", interrupts.HUNG_UP]


@pytest.mark.parametrize("name", cases(["SIGHUP", "SIGTERM"], {"SIGTERM"}))
def test_a_scripted_demo_that_is_ended_leaves_nothing_either(name: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*HOST, "demo", "--auto"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(2):  # the parts are up when the second line comes
        assert process.stdout.readline()
    parts = descendants(process.pid)
    assert len(parts) >= 2
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert errors == "Stopped. What was signed or waits for a signature is kept.\n"
    assert list(tmp_path.iterdir()) == []
    assert not [part for part in parts if Path(f"/proc/{part}/exe").exists()]
