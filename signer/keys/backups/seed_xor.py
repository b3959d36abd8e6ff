"""Seed XOR: an entropy as the xor of several, each of which is a valid seed of its own.

The scheme of seedxor.com: parts of 12, 18 or 24 words, each with its own BIP39 checksum, whose
entropies are the whole one xored. All parts are needed; without one, the others say nothing.
Works on entropies: `mnemonic` makes words of them and reads words back.
"""

from collections.abc import Sequence

from signer.errors import Malformed
from signer.keys.backups.shamir import add
from signer.keys.scratch import Scratch
from signer.keys.seeds.entropy import expand

_SIZES = (16, 24, 32)
_MOST_PARTS = 4


def combine(parts: Sequence[bytearray]) -> bytearray:
    """The whole entropy, the caller's to erase, as the parts are.

    There is no checksum over the whole: a missing or a wrong part leads to another valid seed, so
    show the fingerprint before it is kept (T65). Raises Malformed for fewer than two parts, parts
    of different or other sizes, or one part given twice.
    """
    if len(parts) < 2 or len(parts[0]) not in _SIZES or len({len(part) for part in parts}) > 1:
        raise Malformed("Parts are two or more seeds of 12, 18 or 24 words, all of one length.")
    _check_different(parts)
    with Scratch() as scratch:
        total = scratch.buffer(len(parts[0]))
        for part in parts:
            add(total, part)
        return scratch.released(total)


def split(entropy: bytearray, count: int, randomness: bytes | bytearray) -> tuple[bytearray, ...]:
    """2 to 4 parts, the caller's to erase. The same entropy and randomness give the same parts.

    `randomness` is 32 bytes or more; all but the last part are drawn from it and the entropy.
    Raises Malformed; also for the one seed of all zeros, whose halves would be the same.
    """
    if len(entropy) not in _SIZES or not 2 <= count <= _MOST_PARTS:
        raise Malformed("Seeds of 12, 18 or 24 words are split in 2 to 4 parts.")
    purpose = b"quietkey/seed-xor/%d" % count
    with Scratch() as scratch, expand(purpose, randomness, entropy) as stream:
        parts = [scratch.owned(stream.take(len(entropy))) for _ in range(count - 1)]
        last = scratch.copy(entropy)
        for part in parts:
            add(last, part)
        parts.append(last)
        _check_different(parts)
        for part in parts:
            scratch.released(part)
        return tuple(parts)


def _check_different(parts: Sequence[bytearray]) -> None:
    if any(parts[first] == part for index, part in enumerate(parts) for first in range(index)):
        # Xored with itself a part is gone, and with two parts nothing is left but zeros.
        raise Malformed("Two parts are the same.")
