"""A second implementation of our ECDSA signatures, for tests: RFC6979 by python-ecdsa."""

import hashlib

from ecdsa import SECP256k1
from ecdsa.rfc6979 import generate_k

ORDER = SECP256k1.order


def reference(secret: int, digest: bytes, tries: int) -> tuple[int, int]:
    """(r, low s) of the signature with `tries` as extra data, none for 0 (RFC6979, 3.2 and 3.6)."""
    extra = tries.to_bytes(32, "little") if tries else b""
    k = generate_k(ORDER, secret, hashlib.sha256, digest, extra_entropy=extra)
    r = (SECP256k1.generator * k).x() % ORDER
    s = pow(k, -1, ORDER) * (int.from_bytes(digest, "big") + r * secret) % ORDER
    return r, min(s, ORDER - s)
