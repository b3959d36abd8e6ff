"""A signed payment as the texts of QR codes, in the form it was asked for in."""

from base64 import b64encode
from contextlib import suppress
from typing import Final

from firmware_emu.screens import Screen
from firmware_emu.screens.qr import animated
from signer.errors import Malformed
from signer.formats.payload import radix
from signer.formats.payload.values import Form
from signer.formats.qr import bbqr, numbered, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.peers import USUAL
from signer.formats.qr.series import Message

_TITLE: Final = "Signed"
_LETTERS: Final = 360  # of a code of the USUAL version in bytes, with room for its numbers
_BIG_LETTERS: Final = 520  # and in capitals


def form_of(word: str) -> Form:
    """The form that a word stands for; UR, which most wallets read, for any other word."""
    return Form(word) if word in {form.value for form in Form} else Form.UR


def answer(psbt: bytes, form: Form) -> Screen:
    """The screen that shows it; by UR, which has no end, where its own form cannot hold it."""
    message: Message = ()
    with suppress(Malformed):
        message = _message(psbt, form)
    return animated(_TITLE, message or ur.from_psbt(psbt))


def _message(psbt: bytes, form: Form) -> Message:
    match form:
        case Form.BBQR:
            file = BbqrFile(bbqr.PSBT, psbt)
            return file if bbqr.fits(file, USUAL.version) else ()
        case Form.BASE64 | Form.NUMBERED:
            return numbered.split(b64encode(psbt).decode("ascii"), _LETTERS)
        case Form.UR1:
            return numbered.split_ur1(psbt, _LETTERS)
        case Form.HEX:
            return _single(psbt.hex().upper())
        case Form.BASE43:
            return _single(radix.encode(psbt, radix.BASE43))
        case Form.BASE58:
            return _single(radix.encode(psbt, radix.BASE58))
        case Form.BINARY | Form.UR | Form.UR_BYTES:
            return ()


def _single(text: str) -> tuple[str, ...]:
    return (text,) if len(text) <= _BIG_LETTERS else ()
