"""A BIP39 passphrase in buffers: its UTF-8 text in NFKD, of which no str is ever made.

`unicodedata` takes and gives str, which Python cannot erase. So letters are taken apart one by one,
and the marks behind a letter put in order here, as Unicode asks (UAX 15; D108 and D109).
"""

import unicodedata
from typing import Final

from signer.errors import Malformed
from signer.keys.curve import Buffer
from signer.keys.scratch import Scratch

LONGEST: Final = 256  # bytes, in NFKD

_TOO_LONG: Final = f"A passphrase has at most {LONGEST} bytes."
_NO_TEXT: Final = "That is no text."
_LINES: Final = "A passphrase is one line."


def normalized(text: Buffer) -> bytearray:
    """The passphrase in UTF-8 and NFKD (BIP39, From mnemonic to seed), the caller's to erase.

    Raises Malformed: no UTF-8, a control character, or more than LONGEST bytes.
    """
    if len(text) > LONGEST:
        raise Malformed(_TOO_LONG)
    with Scratch() as scratch:
        letters = memoryview(scratch.buffer(4 * LONGEST)).cast("I")
        count = _take_apart(memoryview(text), letters)
        encoded = memoryview(scratch.buffer(4 * LONGEST))
        end = 0
        for letter in letters[:count]:
            piece = chr(letter).encode()
            encoded[end : end + len(piece)] = piece
            end += len(piece)
        if end > LONGEST:
            raise Malformed(_TOO_LONG)
        return scratch.released(scratch.copy(encoded[:end]))


def _take_apart(text: memoryview, letters: "memoryview[int]") -> int:
    """Into `letters` go the code points of the text in NFKD; how many there are."""
    start = count = 0
    while start < len(text):
        size = _size(text[start])
        try:
            character = str(text[start : start + size], "utf-8")
        except UnicodeDecodeError:
            raise Malformed(_NO_TEXT) from None
        if len(character) != 1:
            raise Malformed(_NO_TEXT)
        if unicodedata.category(character) == "Cc":
            raise Malformed(_LINES)
        for piece in unicodedata.normalize("NFKD", character):
            if count == len(letters):
                raise Malformed(_TOO_LONG)
            letters[count] = ord(piece)
            count += 1
            _put_in_order(letters[:count])
        start += size
    return count


def _size(lead: int) -> int:
    """Bytes of the character that begins with this one (RFC 3629)."""
    if lead < 0x80:
        return 1
    return 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


def _put_in_order(letters: "memoryview[int]") -> None:
    """Move the last mark before those of a higher combining class, and no further."""
    place = len(letters) - 1
    rank = unicodedata.combining(chr(letters[place]))
    while place and rank and unicodedata.combining(chr(letters[place - 1])) > rank:
        letters[place - 1], letters[place] = letters[place], letters[place - 1]
        place -= 1
