"""`quietkey wallet backup FILE` and `restore FILE`."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Mapping

from host.app import backup, sealed_file
from host.config import HomeFolder, wall_clock
from host.errors import BadInput

MOST_LETTERS = 1_000
NO_SEED = (
    "The seed is not in it: keep the words of your device apart from it. Whoever has the file and"
    " its password sees every payment, and can make none."
)


def run(args: argparse.Namespace) -> int:
    """Write all wallets of the home into a file, or bring them back. Raises HostError."""
    home = HomeFolder(args.home) if args.home else HomeFolder.default()
    if args.task == "backup":
        bundle = backup.collect(home, wall_clock())
        sealed = sealed_file.seal(bundle, _password(args, repeated=True))
        sealed_file.write(args.file, sealed)
        sys.stderr.write(f"{NO_SEED}\n")
        _tell(args, {"file": str(args.file), "bytes": len(sealed)}, f"Written: {args.file}.")
        return 0
    sealed = sealed_file.read(args.file)
    restored = backup.restore(home, sealed_file.unseal(sealed, _password(args, repeated=False)))
    for name in restored.left_alone:
        sys.stderr.write(f"{name} is here already and was left as it is.\n")
    data = {"restored": restored.wallets, "left_alone": restored.left_alone}
    _tell(args, data, f"Restored: {', '.join(restored.wallets) or 'nothing'}.")
    return 0


def _password(args: argparse.Namespace, *, repeated: bool) -> str:
    """Typed without an echo, or the first line of a file descriptor. Raises BadInput."""
    if args.password_fd is not None:
        return _of_descriptor(args.password_fd)
    if sys.stdin is None or not sys.stdin.isatty():
        raise BadInput("There is no terminal to type the password in. Give it by --password-fd N.")
    password = getpass.getpass("Password of the backup: ")
    if repeated and getpass.getpass("The same again: ") != password:
        raise BadInput("These were two different passwords. Nothing was written.")
    return password


def _of_descriptor(number: int) -> str:
    try:
        with os.fdopen(number, encoding="utf-8") as stream:
            return stream.readline(MOST_LETTERS).rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        raise BadInput(f"No password can be read from file descriptor {number}.") from error


def _tell(args: argparse.Namespace, data: Mapping[str, object], text: str) -> None:
    sys.stdout.write((json.dumps(data) if args.json else text) + "\n")
