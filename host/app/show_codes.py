"""`quietkey qr`: a payment, an account or an address as QR codes, in a terminal or as pictures."""

import argparse
import asyncio
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from host import optics, psbt_files
from host.app import code_pictures
from host.errors import BadInput
from host.links.keys import TerminalKeys
from host.links.shower import TerminalShower, version_in_terminal
from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.payload import reader
from signer.formats.payload.values import EncryptedSeed, Form, Payment, RawTransaction, SeedCode
from signer.formats.qr.bbqr import CAPACITY, BbqrFile
from signer.formats.qr.forms import message_of
from signer.formats.qr.peers import Peer, peer
from signer.formats.qr.series import SMALLEST, Message, letters_in
from signer.formats.qr.shower import Shower
from signer.formats.qr.ur import Ur

_NOTHING = "Nothing was shown."
_SEED = f"This is a seed: whoever sees its picture has the coins, so it is not drawn. {_NOTHING}"


def run(args: argparse.Namespace) -> int:
    """Do what was typed. The exit status. Raises HostError."""
    reading, form = _reader(args)
    message = message_for(psbt_files.read_bytes(args.file), reading, form)
    shower = Shower(message, reading, reading.version)
    if args.out:
        paths = code_pictures.write(shower, Path(args.out))
        sys.stdout.write(f"{_written(shower, paths)}\n")
        return 0
    if not sys.stdout.isatty():
        raise BadInput("Codes are drawn in a terminal. Elsewhere, name a picture: --out FILE.gif.")
    if version_in_terminal() < SMALLEST:
        raise BadInput("The window is too small for a code. Make it 37 columns by 20 rows.")
    with suppress(KeyboardInterrupt):
        asyncio.run(_show(shower, TerminalShower(TerminalKeys())))
    return 0


def _reader(args: argparse.Namespace) -> tuple[Peer, Form | None]:
    forms = {form.value: form for form in Form}
    if args.form and args.form not in forms:
        raise BadInput(f"The forms are {', '.join(forms)}. {_NOTHING}")
    if not SMALLEST <= (args.version or SMALLEST) <= len(CAPACITY):
        raise BadInput(f"A version is from {SMALLEST} to {len(CAPACITY)}. {_NOTHING}")
    try:
        reading = peer(args.peer)
    except LookupError as error:
        raise BadInput(f"Of {args.peer!r} nothing is known: {error.args[0]}. {_NOTHING}") from error
    version = args.version or reading.version
    return replace(reading, version=version), forms[args.form] if args.form else None


def message_for(data: bytes, reading: Peer, form: Form | None = None) -> Message:
    """What `data` holds as codes for this reader. Raises BadInput for what nobody reads by QR."""
    try:
        payload = reader.read(data)
    except Malformed as error:
        raise BadInput(f"{error} {_NOTHING}") from error
    form = form or reading.form or Form.UR
    match payload:
        case Payment(psbt):
            return message_of(psbt, form, reading.version)
        case SeedCode() | EncryptedSeed():
            raise BadInput(_SEED)
        case RawTransaction() if not data.isascii():
            text = data.hex().upper()
        case RawTransaction():
            text = "".join(data.decode("ascii").split()).upper()
        case _:
            text = reader.text_of(data).strip()
    return _of_text(text, form, reading.version)


def _of_text(text: str, form: Form, version: int) -> Message:
    """One code where one holds it; else a file by BBQr, or bytes by UR."""
    room = CAPACITY[version - 1] if text.isalnum() and text.isupper() else letters_in(version)
    if len(text.encode()) <= room:
        return (text,)
    return BbqrFile("U", text.encode()) if form is Form.BBQR else _bytes(text)


def _bytes(text: str) -> Ur:
    return Ur("bytes", cbor.encode(text.encode()))


def _written(shower: Shower, paths: tuple[Path, ...]) -> str:
    first, last = paths[0], paths[-1]
    names = f"{first}" if len(paths) == 1 else f"{first} to {last}"
    return f"{shower.announcement()}: {names}"


async def _show(shower: Shower, terminal: TerminalShower) -> None:
    try:
        shower = terminal.begin(shower)
        while not terminal.is_left:
            await terminal.show(optics.picture_of(shower))
            shower = await terminal.stand(shower)
    finally:
        terminal.end()
