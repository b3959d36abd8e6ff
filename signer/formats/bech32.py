"""Segwit addresses: bech32 (BIP173) for version 0, bech32m (BIP350) for versions 1 to 16."""

from collections.abc import Iterable
from enum import IntEnum

from signer.errors import Malformed
from signer.formats.bch import Code

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CODE = Code(_GENERATOR, symbols=6)


class Checksum(IntEnum):
    """The constant a valid checksum leaves: the only difference between the two encodings."""

    BECH32 = 1
    BECH32M = 0x2BC830A3


def encode(hrp: str, version: int, program: bytes) -> str:
    """The address of a witness program, in lower case. Raises Malformed for what cannot be one."""
    _check_program(version, program)
    return join(hrp, [version, *regroup(program, 8, 5, pad=True)], _checksum_for(version))


def decode(hrp: str, text: str) -> tuple[int, bytes]:
    """(witness version, program) of an address with this human-readable part.

    Raises Malformed: wrong prefix, letters, checksum, encoding for the version, or program length.
    """
    prefix, values, checksum = split(text)
    if prefix != hrp:
        raise Malformed(f"The address does not start with {hrp}1.")
    if not values:
        raise Malformed("The address holds no witness version.")
    version, program = values[0], bytes(regroup(values[1:], 5, 8, pad=False))
    _check_program(version, program)
    if checksum is not _checksum_for(version):
        raise Malformed("The address has the checksum of another witness version.")
    return version, program


def _checksum_for(version: int) -> Checksum:
    return Checksum.BECH32M if version else Checksum.BECH32


def _check_program(version: int, program: bytes) -> None:
    if not 0 <= version <= 16:
        raise Malformed("A witness version is 0 to 16.")
    if not 2 <= len(program) <= 40 or (version == 0 and len(program) not in (20, 32)):
        raise Malformed("The witness program has a length its version does not allow.")


def join(hrp: str, values: Iterable[int], checksum: Checksum) -> str:
    """hrp, separator, `values` (each 0-31) and their checksum as text."""
    body = list(values)
    left = residue(hrp, [*body, 0, 0, 0, 0, 0, 0]) ^ checksum
    body += [(left >> shift) & 31 for shift in range(25, -1, -5)]
    return hrp + "1" + "".join(ALPHABET[value] for value in body)


def split(text: str, limit: int = 90) -> tuple[str, list[int], Checksum]:
    """(hrp, values without the checksum, which checksum matched). Raises Malformed.

    `limit` is how many letters the kind of text may have, BIP173's unless another BIP says more.
    """
    if len(text) > limit:
        raise Malformed(f"Bech32 text has at most {limit} letters.")
    if any(not "!" <= letter <= "~" for letter in text):
        raise Malformed("Bech32 text is printable ASCII without spaces.")
    if text.lower() != text and text.upper() != text:
        raise Malformed("Bech32 text mixes upper and lower case.")
    hrp, _, body = text.lower().rpartition("1")
    if not hrp or len(body) < 6:
        raise Malformed("Bech32 text is a prefix, a 1, and at least six letters.")
    values = [_value(letter, len(hrp) + 2 + position) for position, letter in enumerate(body)]
    left = residue(hrp, values)
    if left not in (Checksum.BECH32, Checksum.BECH32M):
        raise Malformed("The bech32 checksum is wrong: a letter was changed or lost.")
    return hrp, values[:-6], Checksum(left)


def residue(hrp: str, values: Iterable[int]) -> int:
    """What the checksum leaves of these symbols, 30 bits: a Checksum when nothing is wrong."""
    return _CODE.residue([*_expand(hrp), *values])


def _value(letter: str, position: int) -> int:
    if letter not in _VALUES:
        raise Malformed(f"The letter at position {position} is not bech32.")
    return _VALUES[letter]


def _expand(hrp: str) -> list[int]:
    return [ord(letter) >> 5 for letter in hrp] + [0] + [ord(letter) & 31 for letter in hrp]


def regroup(values: Iterable[int], wide: int, narrow: int, *, pad: bool) -> list[int]:
    """Groups of `wide` bits as groups of `narrow` bits; what is left over must be zero padding.

    Raises Malformed.
    """
    pending, bits, groups = 0, 0, []
    for value in values:
        pending = (pending << wide | value) & 0xFFF
        bits += wide
        while bits >= narrow:
            bits -= narrow
            groups.append(pending >> bits & ((1 << narrow) - 1))
    leftover = pending & ((1 << bits) - 1)
    if pad and bits:
        groups.append(leftover << (narrow - bits))
    elif bits >= wide or leftover:
        raise Malformed("The address ends in bits that mean nothing.")
    return groups
