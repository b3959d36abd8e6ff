"""A payment as QR codes, in each of the forms that programs in the field write and read."""

from base64 import b64encode
from contextlib import suppress

from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.payload import radix
from signer.formats.payload.values import Form
from signer.formats.qr import bbqr, ur
from signer.formats.qr.bbqr import CAPACITY, BbqrFile
from signer.formats.qr.numbered import Numbered
from signer.formats.qr.series import Message, letters_in
from signer.formats.qr.ur import Ur


def message_of(psbt: bytes, form: Form, version: int) -> Message:
    """The codes of `psbt` (BIP174); by UR, which has no end, where its form cannot hold it.

    None of them is above QR `version` (4 to 40).
    """
    message: Message = ()
    with suppress(Malformed):
        message = _written(psbt, form, version)
    return message or ur.from_psbt(psbt)


def transaction_message(raw_tx: bytes, form: Form, version: int) -> Message:
    """The codes of a transaction for the network: BBQr for who asked in it, else one of hex.

    Where that takes a larger QR than `version` (4 to 40), UR bytes.
    """
    if form is Form.BBQR:
        file = BbqrFile(bbqr.TRANSACTION, raw_tx)
        if bbqr.fits(file, version):
            return file
    capitals = CAPACITY[version - 1]
    return _single(raw_tx.hex().upper(), capitals) or Ur("bytes", cbor.encode(raw_tx))


def _written(psbt: bytes, form: Form, version: int) -> Message:
    capitals = CAPACITY[version - 1]
    letters = letters_in(version)
    match form:
        case Form.BBQR:
            file = BbqrFile(bbqr.PSBT, psbt)
            return file if bbqr.fits(file, version) else ()
        case Form.BASE64 | Form.NUMBERED:
            return Numbered("", b64encode(psbt).decode("ascii"))
        case Form.UR1:
            return Numbered("bytes", cbor=cbor.encode(psbt))
        case Form.HEX:
            return _single(psbt.hex().upper(), capitals)
        case Form.BASE43:
            return _by_radix(psbt, radix.BASE43, capitals)
        case Form.BASE58:
            return _by_radix(psbt, radix.BASE58, letters)
        case Form.BINARY | Form.UR | Form.UR_BYTES:
            return ()


def _by_radix(psbt: bytes, alphabet: str, most: int) -> tuple[str, ...]:
    """As `_single`, and what is too long is not written: that takes seconds for 31 KB."""
    is_long = len(psbt) * 8 > most * len(alphabet).bit_length()
    return () if is_long else _single(radix.encode(psbt, alphabet), most)


def _single(text: str, most: int) -> tuple[str, ...]:
    return (text,) if len(text) <= most else ()
