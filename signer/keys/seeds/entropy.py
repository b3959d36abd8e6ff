"""Mixing randomness from several sources, so that one dead or hostile source cannot spoil it.

Making a seed in front of the host (T61), so that it can check a device it does not trust:

1. The device draws 32 bytes and sends `commit` of them. It can no longer choose others.
2. The host sends 32 bytes of its own, which it draws only now.
3. The seed's entropy is `mix(device's, host's)`: neither side alone decides it.
4. The host may discard the round. Then, and only then, the device reveals its 32 bytes; the host
   applies `check_reveal`, mixes and derives by itself, and compares with the public keys that it
   was shown. A device that cheats in one round of n is caught with n - 1 chances of n.

The round that is kept is never revealed. A reveal is good for one discarded round only: the next
one starts with fresh bytes on both sides.
"""

import hashlib
import hmac
from typing import Self

from signer.errors import Malformed
from signer.keys.curve import Buffer, erase
from signer.keys.scratch import Scratch

_LEAST = 32


def mix(*sources: bytes | bytearray) -> bytearray:
    """32 bytes that depend on every bit of every source, on their order and on their lengths.

    HMAC-SHA512, keyed "quietkey/entropy", over the number of sources and each source behind its
    length (8 bytes each, big-endian), cut to 32 bytes: as unpredictable as the best of them, and no
    two different lists give the hash the same input (T60). Sources may be empty, but Malformed is
    raised if there are fewer than 32 bytes in all.
    """
    if sum(len(source) for source in sources) < _LEAST:
        raise Malformed(f"A seed needs at least {_LEAST} bytes of randomness.")
    mixer = hmac.new(b"quietkey/entropy", digestmod=hashlib.sha512)
    mixer.update(len(sources).to_bytes(8, "big"))
    for source in sources:
        mixer.update(len(source).to_bytes(8, "big"))
        mixer.update(source)
    with Scratch() as scratch:
        digest = scratch.taken(mixer.digest())
        return scratch.released(scratch.copy(memoryview(digest)[:_LEAST]))


def commit(entropy: bytes | bytearray) -> bytes:
    """What the device says of its 32 bytes before it knows the host's (32 bytes, public).

    HMAC-SHA256 keyed with the entropy, over "quietkey/entropy/commit". Raises Malformed.
    """
    if len(entropy) != _LEAST:
        # Fewer could be found out by trying; a fixed length leaves no second reading.
        raise Malformed(f"What is committed to has {_LEAST} bytes.")
    return hmac.digest(entropy, b"quietkey/entropy/commit", "sha256")


def check_reveal(commitment: bytes, entropy: bytes | bytearray) -> None:
    """Raises Malformed if `entropy` is not what `commitment` was made for."""
    if not hmac.compare_digest(commit(entropy), commitment):
        raise Malformed("The revealed entropy is not the one that was committed to.")


class Stream:
    """The bytes of SHAKE256 over a seed, one after the other (BIP85's DRNG). Erase it after use.

    As a context manager it erases itself.
    """

    __slots__ = ("_block", "_shake", "_used")

    def __init__(self, seed: Buffer) -> None:
        """The seed stays with the caller."""
        self._shake = hashlib.shake_256(seed)
        self._block = bytearray()
        self._used = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.erase()

    def take(self, size: int) -> bytearray:
        """The next `size` bytes, the caller's to erase."""
        end = self._used + size
        if end > len(self._block):
            self._grow(2 * end)
        output = bytearray(size)
        memoryview(output)[:] = memoryview(self._block)[self._used : end]
        self._used = end
        return output

    def erase(self) -> None:
        erase(self._block)
        self._shake = hashlib.shake_256()  # OpenSSL clears the state that is let go

    def _grow(self, size: int) -> None:
        erase(self._block)
        with Scratch() as scratch:
            self._block = scratch.released(scratch.taken(self._shake.digest(size)))


def expand(purpose: bytes, randomness: bytes | bytearray, *secrets: bytes | bytearray) -> Stream:
    """As many bytes as a sharing needs, from 32 or more of randomness.

    What is shared goes in too: the same randomness given twice, for two secrets or for two ways to
    share one, then leads to unrelated shares, and never to two that cancel each other out.
    Raises Malformed for too little randomness.
    """
    if len(randomness) < _LEAST:
        raise Malformed(f"Sharing a seed needs at least {_LEAST} bytes of randomness.")
    with Scratch() as scratch:
        return Stream(scratch.owned(mix(purpose, randomness, *secrets)))
