"""What goes wrong on a disk is said by its true reason, in a sentence; nothing is lost."""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.nights import AT_NIGHT, cases
from tests.store_faults import FAULTS, judged
from tests.wallets import fund, paired

ROOT = Path(__file__).resolve().parents[2]
READING = ("balance", "history")
WRITING = ("receive",)
pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")]


DAMAGES = ("zeroed", "cut", "noise", "header", "folder", "a page")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wallet that holds a coin."""
    home = tmp_path_factory.mktemp("kept")
    wallet = paired(home / "regtest" / "wpkh")
    fund(wallet, 50_000)
    wallet.finish_search()
    wallet.close()
    return home


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "home")


def run(task: str, home: Path, limit: Callable[[], None] | None = None) -> tuple[int, str, str]:
    """A task of the command line in a process of its own: status, output, talk."""
    done = subprocess.run(
        [sys.executable, "-m", "host", "wallet", task, "--home", str(home), "--json"],
        cwd=ROOT, preexec_fn=limit, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def no_more_than(size: int) -> Callable[[], None]:
    """A disk with room for files of so many bytes."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def test_a_disk_without_room_can_be_read_and_says_so_when_written(home: Path) -> None:
    for task in READING:
        status, out, talk = run(task, home, no_more_than(0))
        assert (status, talk) == (0, "")
        assert json.loads(out)
    for task in WRITING:
        status, out, talk = run(task, home, no_more_than(0))
        assert status == 1
        assert json.loads(out)["error"]["message"] == talk.removeprefix("quietkey: ").strip()
        assert "The disk" in talk
        assert "damaged" not in talk
    status, out, _ = run("balance", home)
    assert json.loads(out)["confirmed_sats"] == 50_000


AS_NOBODY = """
import os, sys
import host.__main__
host.__main__.main(["wallet", "balance", *sys.argv[2:]])  # while this user may read every module
os.setgid(65534)
os.setuid(65534)
sys.exit(host.__main__.main(["wallet", *sys.argv[1:]]))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")
@pytest.mark.parametrize("mode", [0o444, 0o000])
def test_a_folder_of_somebody_else_is_said_to_be_theirs(kept: Path, mode: int) -> None:
    with tempfile.TemporaryDirectory() as folder:  # on a way that is open to everybody
        home = shutil.copytree(kept, Path(folder) / "home")
        for path in (Path(folder), home, *home.rglob("*")):
            path.chmod(mode if path.is_file() else 0o555)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, "receive", "--home", str(home)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "you are not allowed to" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_in_the_place_of_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    for task in (*READING, *WRITING):
        status, _, talk = run(task, tmp_path / "home")
        assert status == 1
        assert "is a file, not a folder" in talk or "There is no wallet here yet" in talk


@pytest.mark.parametrize("name", ["quietkey.sqlite", "coins.sqlite"])
@pytest.mark.parametrize("damage", cases(DAMAGES, {"cut", "header", "a page"}))
def test_a_damaged_file_is_named_and_what_to_do_with_it(home: Path, name: str, damage: str) -> None:
    file = home / "regtest" / "wpkh" / name
    raw = file.read_bytes()
    match damage:
        case "zeroed":
            file.write_bytes(bytes(len(raw)))
        case "cut":
            file.write_bytes(raw[: len(raw) // 2])
        case "noise":
            file.write_bytes(bytes(at * 7 % 256 for at in range(len(raw))))
        case "header":
            file.write_bytes(b"\xff" * 100 + raw[100:])
        case "a page":
            file.write_bytes(raw[:4096] + b"\xff" * 4096 + raw[8192:])
        case "folder":
            file.unlink()
            file.mkdir()
    for task in (*READING, *WRITING):
        status, _, talk = run(task, home)
        assert status == 1
        assert name in talk
        assert "damaged" in talk or ("is a file, not a folder" in talk and damage == "folder")


@pytest.mark.parametrize("target", ["nowhere", "quietkey.sqlite"])
def test_a_link_that_leads_nowhere_is_no_missing_wallet(home: Path, target: str) -> None:
    file = home / "regtest" / "wpkh" / "quietkey.sqlite"
    file.unlink()
    file.symlink_to(target)
    status, _, talk = run("balance", home)
    assert status == 1
    assert "is a link that leads nowhere" in talk


def test_an_empty_store_beside_a_chain_is_a_damaged_one(home: Path) -> None:
    file = home / "regtest" / "wpkh" / "quietkey.sqlite"
    file.write_bytes(b"")
    status, _, talk = run("balance", home)
    assert status == 1
    assert "quietkey.sqlite is damaged" in talk
    file.unlink()  # as the sentence says
    assert "There is no wallet here yet" in run("balance", home)[2]


def test_a_store_without_its_row_is_a_damaged_one(home: Path) -> None:
    with closing(sqlite3.connect(home / "regtest" / "wpkh" / "quietkey.sqlite")) as db, db:
        db.execute("DELETE FROM search")
    assert "quietkey.sqlite is damaged" in run("balance", home)[2]


def test_what_a_fault_of_the_store_must_say() -> None:
    """The judge of `python -m tests.store_faults`."""
    fault = FAULTS[0]
    assert not judged(fault, "balance", 0, "")
    assert not judged(fault, "receive", 1, "The disk is full: it cannot be written.")
    assert judged(fault, "receive", 1, "The file is damaged.")
    assert judged(fault, "receive", 0, "")
    assert judged(fault, "receive", 1, "Traceback (most recent call last)")


@AT_NIGHT
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")
@pytest.mark.parametrize("words", ["store_faults", "wallet_kills", "restores"])
def test_a_night_of_faults_kills_and_restores(words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.{words}"], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
