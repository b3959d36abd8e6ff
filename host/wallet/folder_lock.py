"""One program a wallet: a second one would not see what the first one spends."""

import sys
import time
from pathlib import Path
from typing import BinaryIO

from host.config import private_folder
from host.errors import WalletError
from host.storage_errors import disk_error, exists

NAME = "in-use"
PATIENCE_S = 5.0  # tasks of the command line are short: the next one waits for its turn
_PAUSE_S = 0.05


class FolderLock:
    """Held until `close`, or until the process ends in whatever way: the system lets go of it."""

    def __init__(self, file: BinaryIO) -> None:
        """Use `acquire`."""
        self._file = file

    @classmethod
    def acquire(cls, folder: Path, patience_s: float | None = None) -> "FolderLock":
        """Wait for the folder, PATIENCE_S if nothing else is said; WalletError: it stays in use."""
        path = private_folder(folder) / NAME
        exists(path)
        try:
            file = path.open("ab")
        except OSError as error:
            raise disk_error(error, path) from error
        deadline = time.monotonic() + (PATIENCE_S if patience_s is None else patience_s)
        while not _locked(file):
            if time.monotonic() >= deadline:
                file.close()
                raise WalletError(
                    "Another program has this wallet open. Nothing was changed."
                    " Close it, or wait until it is done, and try again."
                )
            time.sleep(_PAUSE_S)
        return cls(file)

    def close(self) -> None:
        """Let the next program in."""
        self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _locked(file: BinaryIO) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _locked(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
