"""Bytes as one large number in letters: base58 and base43, without a checksum.

base43 is Electrum's: the letters that an alphanumeric QR code stores in 5.5 bits each.
"""

from functools import lru_cache

from signer.errors import Malformed
from signer.formats import base58

BASE43 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$*+-./:"
BASE58 = base58.ALPHABET
MAX_TEXT = 8192  # no QR code holds so many letters; decoding costs more than their number
_PIECE = 64


def decode(text: str, alphabet: str) -> bytes:
    """The bytes; each leading first letter is a zero byte. Raises Malformed."""
    if len(text) > MAX_TEXT:
        raise Malformed(f"Text of {len(text)} letters; {MAX_TEXT} at most.")
    values = _values(alphabet)
    if not set(text) <= values.keys():
        raise Malformed("There is a letter that this form has not.")
    number, base = 0, len(alphabet)
    whole = base**_PIECE
    # Piece by piece: each step multiplies the whole number, so few steps are wanted.
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE]
        small = 0
        for letter in piece:
            small = small * base + values[letter]
        number = number * (whole if len(piece) == _PIECE else base ** len(piece)) + small
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode(data: bytes, alphabet: str) -> str:
    """The letters of `data`, in the form that `decode` reads."""
    number, base = int.from_bytes(data, "big"), len(alphabet)
    letters: list[str] = []
    whole = base**_PIECE
    while number:
        number, small = divmod(number, whole)
        for _ in range(_PIECE):
            small, digit = divmod(small, base)
            letters.append(alphabet[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return alphabet[0] * zeros + "".join(reversed(letters)).lstrip(alphabet[0])


@lru_cache(maxsize=2)
def _values(alphabet: str) -> dict[str, int]:
    return {letter: value for value, letter in enumerate(alphabet)}
