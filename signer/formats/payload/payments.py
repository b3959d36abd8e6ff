"""Payments as text, and raw transactions by their first bytes and their shape."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator

from signer.errors import Malformed
from signer.formats.cursor import Cursor
from signer.formats.payload import radix
from signer.formats.payload.values import Form, Payment, RawTransaction

MAGIC = b"psbt\xff"  # BIP174
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}", re.ASCII)
_HEX = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_BASE64_START = "cHNidP"  # MAGIC
_LEAST = 20  # letters; less is no payment in any of these forms
_MOST_INPUTS = 1 << 16


def of_bytes(data: bytes, form: Form = Form.BINARY) -> Payment | RawTransaction | None:
    """The payment or transaction that `data` is, by its first bytes; None for anything else."""
    if data.startswith(MAGIC):
        return Payment(data, form)
    return _transaction(data)


def of_text(text: str) -> Payment | RawTransaction | None:
    """The same of a text in hex, base64, base43 or base58; white space within it is no matter.

    Raises Malformed for what begins as a PSBT does and then breaks off or has a foreign letter.
    """
    letters = "".join(text.split())
    for form, data in decodings(letters):
        if payment := of_bytes(data, form):
            return payment
    if letters.startswith(_BASE64_START):
        raise Malformed("The PSBT is no whole base64: a letter of it is missing, or foreign.")
    return None


def decodings(letters: str) -> Iterator[tuple[Form, bytes]]:
    """What letters without white space are in hex alone, or else in base64, base43 and base58.

    Raises Malformed for half a byte of a PSBT.
    """
    if len(letters) < _LEAST:
        return
    if _HEX.fullmatch(letters):
        yield Form.HEX, _from_hex(letters)
        return
    if _BASE64.fullmatch(letters):
        yield Form.BASE64, _from_base64(letters)
    for form, alphabet in ((Form.BASE43, radix.BASE43), (Form.BASE58, radix.BASE58)):
        if len(letters) <= radix.MAX_TEXT and set(letters) <= set(alphabet):
            yield form, radix.decode(letters, alphabet)


def _from_hex(letters: str) -> bytes:
    if len(letters) % 2 and letters.lower().startswith(MAGIC.hex()):
        raise Malformed("The PSBT has an odd number of hex digits: one is missing.")
    return bytes.fromhex(letters[: len(letters) // 2 * 2])


def _from_base64(letters: str) -> bytes:
    """Of the ordinary alphabet or that of URLs (RFC 4648), padded or not; b"" for neither."""
    plain = letters.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _transaction(data: bytes) -> RawTransaction | None:
    """Whether these bytes are a whole transaction, and signed. Shape only: nothing is kept."""
    if len(data) < 60 or data[1:4] != b"\0\0\0" or not 1 <= data[0] <= 3:
        return None
    try:
        return RawTransaction(_is_signed(Cursor(data, 4), has_witness=data[4:6] == b"\0\1"))
    except Malformed:
        return None


def _is_signed(cursor: Cursor, *, has_witness: bool) -> bool:
    """Raises Malformed for what is no transaction."""
    if has_witness:
        cursor.take(2)
    inputs = cursor.compact()
    if not 1 <= inputs <= _MOST_INPUTS:
        raise Malformed("There is no input.")
    scripts = 0
    for _ in range(inputs):
        cursor.take(36)
        scripts += len(cursor.blob())
        cursor.take(4)
    for _ in range(cursor.compact()):
        cursor.take(8)
        cursor.blob()
    items = sum(_skip_stack(cursor) for _ in range(inputs)) if has_witness else 0
    cursor.take(4)
    cursor.end()
    return bool(scripts or items)


def _skip_stack(cursor: Cursor) -> int:
    count = cursor.compact()
    for _ in range(count):
        cursor.blob()
    return count
