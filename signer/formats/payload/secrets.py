"""What is, or may be, a seed: recognised by its shape alone, so that no copy of it is made here.

A text of 16 or 32 letters and a compact SeedQR look alike; a seed it is, until it is another thing.
"""

import re
from typing import Final

from signer.errors import Malformed
from signer.formats.payload.values import EncryptedSeed, SeedCode, SeedForm

UR_TYPES: Final = ("crypto-seed", "seed", "crypto-bip39")
_COUNTS: Final = (12, 15, 18, 21, 24)
_DIGITS: Final = re.compile(rb"\s*(?:[0-9]{4}){12,24}\s*", re.ASCII)
_SIZES: Final = frozenset(count // 3 * 4 for count in _COUNTS)
_UR: Final = re.compile(rb"\s*ur:(?:crypto-)?(seed|bip39)/[a-z]+\s*", re.IGNORECASE)

# KEF, encrypted envelopes: length of a label, the label, version, iterations (3 bytes), the rest.
VERSIONS: Final = frozenset({0, 1, 5, 6, 7, 10, 11, 12, 15, 16, 20, 21})
MOST_ITERATIONS: Final = 2_000_000
_FEW: Final = 10_000  # up to here the number counts ten thousands
_LONGEST_LABEL: Final = 252
_LONGEST: Final = 1024


def seed_form(data: bytes) -> SeedForm | None:
    """How `data` writes a seed, if it may be one. The checksum is not looked at."""
    if len(data) > 512:
        return None
    if _DIGITS.fullmatch(data) and len(data.strip()) // 4 in _COUNTS:
        return SeedForm.DIGITS
    if match := _UR.fullmatch(data):
        return SeedForm.UR_WORDS if match[1].lower() == b"bip39" else SeedForm.UR_SEED
    if sizes := _word_sizes(data):
        return SeedForm.LETTERS if max(sizes) <= 4 else SeedForm.WORDS
    if len(data) in _SIZES and not (data.isascii() and data.decode("ascii").isprintable()):
        return SeedForm.COMPACT
    return None


def _word_sizes(data: bytes) -> list[int]:
    """The lengths of 12 to 24 words in a row; none for anything else."""
    count, letters = 0, 0
    sizes: list[int] = []
    for byte in data + b" ":
        if chr(byte).isalpha() and byte < 0x80:
            letters += 1
        elif byte in b" \t\r\n,;.:)0123456789":
            if letters:
                sizes.append(letters)
                count += 1
            letters = 0
        else:
            return []
    fits = count in _COUNTS and all(3 <= size <= 8 for size in sizes)
    return sizes if fits else []


def code_of(data: bytes) -> SeedCode | EncryptedSeed | None:
    """The seed, or the envelope, that `data` may be; None for anything else. Raises Malformed."""
    if envelope := envelope_of(data):
        return envelope
    form = seed_form(data)
    return SeedCode(form) if form else None


def envelope_of(data: bytes) -> EncryptedSeed | None:
    """An encrypted envelope (KEF), or None. Raises Malformed for one that asks for endless work."""
    if not 8 <= len(data) <= _LONGEST or data[0] > _LONGEST_LABEL:
        return None
    length = data[0]
    head = data[1 + length : 5 + length]
    if len(head) < 4 or head[0] not in VERSIONS or len(data) - 5 - length < 16:
        return None
    label = data[1 : 1 + length]
    if not label.isascii() or not label.decode("ascii").isprintable() or not label:
        return None
    count = int.from_bytes(head[1:], "big")
    iterations = count * 10_000 if count <= _FEW else count
    if not 1 <= iterations <= MOST_ITERATIONS:
        raise Malformed("The encrypted code asks for more work than is done here.")
    return EncryptedSeed(label.decode("ascii"), head[0], iterations, data)
