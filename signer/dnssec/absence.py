"""Proofs that a name does not exist (NSEC3, RFC 5155): what an answer made from a wildcard needs.

Without it, whoever makes a proof could give the answer for any name to one that has its own.
"""

import hashlib
from base64 import b32hexencode
from dataclasses import dataclass

from signer.dnssec import wire
from signer.dnssec.wire import Name
from signer.formats.cursor import Cursor

_SHA1 = 1
# RFC 9276 asks zones for none; each is a hash that somebody else makes us compute (T75).
MAX_ITERATIONS = 150
_HASH_LETTERS, _HASH_BYTES = 32, 20


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two hashes that follow each other in a zone, as base32hex: no name is there.

    Letters of base32hex are in the order of what they stand for.
    """

    first: bytes
    last: bytes
    iterations: int
    salt: bytes

    def holds(self, name: Name) -> bool:
        """Whether the name would be in here, and so does not exist."""
        hashed = wire.encode(name)
        for _ in range(self.iterations + 1):
            hashed = hashlib.sha1(hashed + self.salt, usedforsecurity=False).digest()
        place = b32hexencode(hashed).lower()
        if self.first < self.last:
            return self.first < place < self.last
        return place > self.first or place < self.last  # the last one, around the end


def gap(owner: Name, value: bytes) -> Gap | None:
    """The gap of an NSEC3 record; None for a form that is not known here. Raises Malformed.

    A record that lets names out (opt-out, flag 1) says nothing of the names between.
    """
    cursor = Cursor(value)
    algorithm, flags = cursor.take(2)
    iterations = int.from_bytes(cursor.take(2), "big")
    salt, last = (cursor.take(cursor.take(1)[0]) for _ in range(2))
    sizes = (len(owner[0]), len(last)) if owner else ()
    known = (algorithm, flags, sizes) == (_SHA1, 0, (_HASH_LETTERS, _HASH_BYTES))
    if not known or iterations > MAX_ITERATIONS:
        return None
    return Gap(owner[0], b32hexencode(last).lower(), iterations, salt)
