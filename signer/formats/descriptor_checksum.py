"""The checksum behind a descriptor (BIP380, Checksum): it finds every mistyped letter.

Without it one wrong digit in a path or a threshold makes another wallet, and nothing would tell
(T43): only extended keys have a checksum of their own.
"""

from collections.abc import Iterable

from signer.errors import Malformed
from signer.formats.bch import Code
from signer.formats.bech32 import ALPHABET

_LETTERS = 8
# BIP380, Character Set: three groups of 32, in which likely mistakes stay within a group.
_CHARACTERS = (
    "0123456789()[],'/*abcdefgh@:$%{}"
    "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
    'ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
)
_VALUES = {letter: value for value, letter in enumerate(_CHARACTERS)}
_GENERATOR = (0xF5DEE51989, 0xA9FDCA3312, 0x1BAB10E32D, 0x3706B1677A, 0x644D626FFD)

_CODE = Code(_GENERATOR, symbols=_LETTERS)


def check_letters(text: str) -> None:
    """Raises Malformed if `text` has a letter no descriptor is made of."""
    if not _VALUES.keys() >= set(text):
        raise Malformed("A descriptor is made of printable ASCII characters.")


def checksum_of(text: str) -> str:
    """The 8 letters for `text`. Raises Malformed if it has a letter no descriptor is made of."""
    check_letters(text)
    residue = _CODE.residue((*_symbols(text), *bytes(_LETTERS))) ^ 1
    return "".join(ALPHABET[residue >> 5 * place & 31] for place in reversed(range(_LETTERS)))


def _symbols(text: str) -> Iterable[int]:
    """The place of each letter in its group; after every third letter, those groups together."""
    groups, pending = 0, 0
    for letter in text:
        value = _VALUES[letter]
        yield value & 31
        groups, pending = groups * 3 + (value >> 5), pending + 1
        if pending == 3:
            yield groups
            groups = pending = 0
    if pending:
        yield groups
