"""What is no file where one is read: it is said for what it is, and nobody waits for it."""

import os
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from host import files
from host.__main__ import main
from host.errors import BadInput, WalletError
from host.psbt_files import read_bytes
from host.settings import FILE, load
from host.wallet import Wallet
from host.wallet.account import COINS, STORE
from host.wallet.folder_lock import NAME, FolderLock
from tests.wallets import paired

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes and sockets by name")

Put = Callable[[Path], object]


def put_socket(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(path.name)


KINDS = [
    (os.mkfifo, "a pipe"),
    (put_socket, "a socket"),
    (Path.mkdir, "a folder"),
    (lambda path: path.symlink_to("/dev/zero"), "a device"),
]


@pytest.mark.parametrize(("put", "title"), KINDS)
def test_what_is_no_file_is_said_for_what_it_is(
    put: Put, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    put(tmp_path / FILE)
    with pytest.raises(WalletError, match=f"it is {title}, not a file. Nothing was changed"):
        load(tmp_path)
    with pytest.raises(BadInput, match=f"cannot be read: it is {title}"):
        read_bytes(FILE)
    for words in (["import-labels"], ["import"], ["pay", "--csv"], ["restore"]):
        assert main(["wallet", *words, FILE, "--home", str(tmp_path / "home")]) != 0


@pytest.mark.parametrize(("put", "title"), KINDS)
@pytest.mark.parametrize("name", [STORE, COINS, NAME])
def test_in_the_place_of_a_wallets_file_too(
    put: Put, title: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paired(tmp_path).close()
    (tmp_path / name).unlink(missing_ok=True)
    put(tmp_path / name)
    with pytest.raises(WalletError, match=f"it is {title}, not a file"):
        _opened(tmp_path)


def _opened(folder: Path) -> None:
    with closing(FolderLock.acquire(folder)), closing(Wallet.open(folder)):
        pass


def test_a_pipe_that_somebody_writes_to_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"psbt\xff")
    os.close(writing)
    with files.open_file(f"/dev/fd/{reading}") as stream:
        assert stream.read() == b"psbt\xff"
    os.close(reading)
