"""`quietkey psbt ...`: files with payments that are not whole yet. No wallet is needed."""

import argparse
import base64
import json
import sys
from pathlib import Path

from host import psbt_files
from host.app.pasted import is_signed
from host.cli import psbt_show
from host.errors import BadInput, HostError
from host.psbt import PsbtMaps
from host.transactions import Transaction

SAME, DIFFERENT = 0, 1


def run(args: argparse.Namespace) -> int:
    """Do what was typed. The exit status. Raises HostError."""
    return {"show": psbt_show.run, "diff": _diff, "combine": _combine}[args.task](args)


def _diff(args: argparse.Namespace) -> int:
    left, right = (read_file(file) for file in (args.left, args.right))
    rows = psbt_files.differences(left, right)
    txids = [Transaction.parse(part.unsigned_tx).name for part in (left, right)]
    if args.json:
        line = json.dumps({"same": not rows, "txids": txids, "differences": rows})
    else:
        line = "\n".join(rows or (f"The same unsigned transaction: {txids[0]}.",))
    sys.stdout.write(f"{line}\n")
    return DIFFERENT if rows else SAME


def _combine(args: argparse.Namespace) -> int:
    psbt = psbt_files.combine([read_file(file) for file in args.files])
    write_file(args.out, psbt, args.psbt_version)
    return 0


def read_file(file: str) -> PsbtMaps:
    """The PSBT in a file, or on stdin for "-". Raises BadInput."""
    return psbt_files.read_psbt(psbt_files.read_bytes(file))


def read_signed(file: str) -> bytes:
    """The same, as bytes, of what a signer gave back. Raises BadInput, also for the very draft."""
    psbt = read_file(file)
    if not is_signed(psbt):
        raise BadInput(
            f"No signature is in {file}. Nothing was sent, and the payment waits for one. Name the"
            " file that the signer has written."
        )
    return psbt.encode()


def write_file(file: str, psbt: PsbtMaps, version: int) -> None:
    """Binary in a file of that name, base64 on stdout for "-". Raises HostError."""
    raw = psbt.encode(version)
    if file == psbt_files.STDIO:
        sys.stdout.write(base64.b64encode(raw).decode() + "\n")
        return
    try:
        Path(file).write_bytes(raw)
    except OSError as error:
        raise HostError(f"{file} cannot be written: {error.strerror}. Nothing was paid.") from error
