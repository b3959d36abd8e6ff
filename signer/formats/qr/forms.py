"""A payment as QR codes, in each of the forms that programs in the field write and read."""

from base64 import b64encode
from contextlib import suppress
from typing import Final

from signer.errors import Malformed
from signer.formats.payload import radix
from signer.formats.payload.values import Form
from signer.formats.qr import bbqr, numbered, ur
from signer.formats.qr.bbqr import CAPACITY, BbqrFile
from signer.formats.qr.series import Message

_NUMBERS: Final = len("p10of100 ")  # in front of a part's own letters
_UR1_NUMBERS: Final = len("UR:BYTES/100OF100//") + 58


def message_of(psbt: bytes, form: Form, version: int) -> Message:
    """The codes of `psbt` (BIP174); by UR, which has no end, where its form cannot hold it.

    None of them is above QR `version` (4 to 40).
    """
    message: Message = ()
    with suppress(Malformed):
        message = _written(psbt, form, version)
    return message or ur.from_psbt(psbt)


def _written(psbt: bytes, form: Form, version: int) -> Message:
    capitals = CAPACITY[version - 1]
    letters = (capitals * 11 // 2 - 8) // 8  # of any kind: a capital takes 5.5 bits, others 8
    match form:
        case Form.BBQR:
            file = BbqrFile(bbqr.PSBT, psbt)
            return file if bbqr.fits(file, version) else ()
        case Form.BASE64 | Form.NUMBERED:
            return numbered.split(b64encode(psbt).decode("ascii"), letters - _NUMBERS)
        case Form.UR1:
            return numbered.split_ur1(psbt, max(1, capitals - _UR1_NUMBERS))
        case Form.HEX:
            return _single(psbt.hex().upper(), capitals)
        case Form.BASE43:
            return _single(radix.encode(psbt, radix.BASE43), capitals)
        case Form.BASE58:
            return _single(radix.encode(psbt, radix.BASE58), letters)
        case Form.BINARY | Form.UR | Form.UR_BYTES:
            return ()


def _single(text: str, most: int) -> tuple[str, ...]:
    return (text,) if len(text) <= most else ()
