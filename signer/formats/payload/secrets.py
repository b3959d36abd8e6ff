"""What is, or may be, a seed: recognised by its shape alone, so that no copy of it is made here.

A text of 16 or 32 letters and a compact SeedQR look alike; a seed it is, until it is another thing.
"""

import re
from typing import Final

from signer.formats.payload.envelopes import envelope_of
from signer.formats.payload.values import EncryptedSeed, SeedCode, SeedForm

UR_TYPES: Final = ("crypto-seed", "seed", "crypto-bip39")
_COUNTS: Final = (12, 15, 18, 21, 24)
_DIGITS: Final = re.compile(rb"\s*(?:[0-9]{4}){12,24}\s*", re.ASCII)
ENTROPY_SIZES: Final = frozenset(count // 3 * 4 for count in _COUNTS)
_UR: Final = re.compile(rb"\s*ur:(?:crypto-)?(seed|bip39)/[a-z]+\s*", re.IGNORECASE)


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
    if len(data) in ENTROPY_SIZES and not (data.isascii() and data.decode("ascii").isprintable()):
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
