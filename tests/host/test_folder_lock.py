"""One program a wallet, and a sentence for the second one."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from host.__main__ import main
from host.errors import WalletError
from host.wallet.folder_lock import FolderLock
from tests.wallets import fund, paired


def test_a_second_program_is_told_that_the_wallet_is_open(tmp_path: Path) -> None:
    held = FolderLock.acquire(tmp_path)
    with pytest.raises(WalletError, match="Another program has this wallet open"):
        FolderLock.acquire(tmp_path, patience_s=0)
    held.close()
    FolderLock.acquire(tmp_path, patience_s=0).close()


def test_a_killed_program_lets_go_of_the_wallet(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from host.wallet.folder_lock import FolderLock;"
        "lock = FolderLock.acquire(pathlib.Path(sys.argv[1])); print(flush=True); sys.stdin.read()"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    program.stdout.readline()
    with pytest.raises(WalletError):
        FolderLock.acquire(tmp_path, patience_s=0)
    program.kill()
    program.communicate()
    FolderLock.acquire(tmp_path, patience_s=0).close()


def test_looking_needs_no_lock_and_paying_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "regtest" / "wpkh"
    wallet = paired(folder)
    fund(wallet, 50_000)
    monkeypatch.setattr("host.wallet.folder_lock.PATIENCE_S", 0)
    with closing(FolderLock.acquire(folder)):
        assert main(["wallet", "balance", "--home", str(tmp_path)]) == 0
        assert "50 000 sats" in capsys.readouterr().out
        assert main(["wallet", "history", "--home", str(tmp_path)]) == 0
        assert main(["wallet", "receive", "--home", str(tmp_path)]) == 1
        assert "Another program has this wallet open." in capsys.readouterr().err
    assert main(["wallet", "receive", "--home", str(tmp_path)]) == 0
    wallet.close()
