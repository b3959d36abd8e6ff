"""Mixing randomness from several sources, so that one dead or hostile source cannot spoil it."""

import hashlib
import hmac

from signer.errors import Malformed
from signer.keys import curve

_LEAST = 32


def mix(*sources: bytes | bytearray) -> bytearray:
    """32 bytes that depend on every bit of every source, on their order and on their lengths.

    HMAC-SHA512 over the sources, each behind its length, and their number: as unpredictable as the
    best of them, and no two different lists give the hash the same input (T60). Sources may be
    empty, but Malformed is raised if there are fewer than 32 bytes in all.
    """
    if sum(len(source) for source in sources) < _LEAST:
        raise Malformed(f"A seed needs at least {_LEAST} bytes of randomness.")
    mixer = hmac.new(b"quietkey/entropy", digestmod=hashlib.sha512)
    mixer.update(len(sources).to_bytes(8, "big"))
    for source in sources:
        mixer.update(len(source).to_bytes(8, "big"))
        mixer.update(source)
    digest = mixer.digest()
    mixed = bytearray(_LEAST)
    memoryview(mixed)[:] = memoryview(digest)[:_LEAST]
    curve.erase(digest)
    return mixed
