"""SeedQR and CompactSeedQR: the places of seed words on their list (0 to 2047) as a QR payload.

SeedQR is four digits a word; CompactSeedQR the bare entropy, without the checksum. Neither names a
language: by custom it is English. Here are places and bytes only; what they are worth is a secret
all the same, so payloads come in buffers that the caller erases.
"""

import hashlib
from collections.abc import Sequence
from itertools import chain

from signer.errors import Malformed
from signer.formats.bits import regroup

_WORDS = (12, 15, 18, 21, 24)


def digits(indexes: Sequence[int]) -> bytearray:
    """The payload of a SeedQR (48 to 96 ASCII digits). Raises Malformed."""
    return bytearray().join(b"%04d" % index for index in _checked(indexes))


def compact(indexes: Sequence[int]) -> bytearray:
    """The payload of a CompactSeedQR (16 to 32 bytes), without the checksum. Raises Malformed."""
    size = len(_checked(indexes)) // 3 * 4
    payload = bytearray(size)
    for index, byte in zip(range(size), regroup(indexes, 11, 8), strict=False):
        payload[index] = byte
    return payload


def read(payload: bytes | bytearray) -> tuple[int, ...]:
    """The places that a payload of either kind holds; the kinds differ in length.

    A SeedQR's checksum is not looked at here, a CompactSeedQR's is computed. Raises Malformed.
    """
    if len(payload) in (count // 3 * 4 for count in _WORDS):
        checksum = hashlib.sha256(payload).digest()[0]
        return tuple(regroup(chain(payload, (checksum,)), 8, 11))
    if len(payload) not in (4 * count for count in _WORDS):
        raise Malformed("A SeedQR has 48 to 96 digits, a compact one 16 to 32 bytes.")
    if any(not 0x30 <= digit <= 0x39 for digit in payload):
        raise Malformed("A SeedQR is made of digits alone.")
    return _checked([_number(payload, offset) for offset in range(0, len(payload), 4)])


def _number(payload: bytes | bytearray, start: int) -> int:
    number = 0
    for offset in range(start, start + 4):
        number = 10 * number + payload[offset] - 0x30
    return number


def _checked(indexes: Sequence[int]) -> tuple[int, ...]:
    if len(indexes) not in _WORDS:
        raise Malformed(f"A seed has 12, 15, 18, 21 or 24 words, not {len(indexes)}.")
    if any(not 0 <= index < 2048 for index in indexes):
        raise Malformed("A word has a number from 0 to 2047.")
    return tuple(indexes)
