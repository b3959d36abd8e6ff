"""Keys of zones and what they sign: RSA, P-256 and P-384 (RFC 3110, RFC 5702, RFC 6605).

Only public data come here. RSA is verified by building the one padded digest that is right and
comparing all of it: readers that look for a digest inside the padding were forged (Bleichenbacher).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from ecdsa import NIST256p, NIST384p
from ecdsa.curves import Curve
from ecdsa.ellipticcurve import INFINITY, PointJacobi

from signer.formats.cursor import Cursor

_ZONE, _REVOKED, _PROTOCOL = 0x0100, 0x0080, 3  # RFC 4034, 2.1; RFC 5011, 7
_MIN_BITS, _MAX_BITS = 1024, 4096  # BIP353 takes no shorter keys; longer ones cost time (T75)
_MAX_EXPONENT = 1 << 32
# DigestInfo up to the digest (RFC 8017, 9.2, notes).
_SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_SHA512_INFO = bytes.fromhex("3051300d060960864801650304020305000440")
_DIGESTS: dict[int, Callable[[bytes], bytes]] = {  # of DS records (RFC 4509, RFC 6605)
    2: lambda data: hashlib.sha256(data).digest(),
    4: lambda data: hashlib.sha384(data).digest(),
}
DIGESTS = frozenset(_DIGESTS)


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """A DNSKEY record (RFC 4034, 2.1). `data` are its bytes, `tag` its short name, not unique."""

    flags: int
    protocol: int
    algorithm: int
    public: bytes
    data: bytes

    @property
    def signs(self) -> bool:
        """Whether records of a zone may be signed with it."""
        return bool(self.flags & _ZONE) and not self.flags & _REVOKED and self.protocol == _PROTOCOL

    @property
    def tag(self) -> int:
        """RFC 4034, appendix B."""
        padded = self.data + bytes(len(self.data) % 2)
        total = sum(int.from_bytes(padded[at : at + 2], "big") for at in range(0, len(padded), 2))
        return (total + (total >> 16)) & 0xFFFF


def zone_key(data: bytes) -> ZoneKey:
    """A key from the data of a DNSKEY record. Raises Malformed."""
    cursor = Cursor(data)
    flags, protocol, algorithm = (int.from_bytes(cursor.take(size), "big") for size in (2, 1, 1))
    return ZoneKey(flags, protocol, algorithm, cursor.take(cursor.remaining), data)


def fits(ds: bytes, owner: bytes, key: ZoneKey) -> bool:
    """Whether a DS record (RFC 4034, 5.1) names this key of `owner`, a name as it is signed.

    Raises Malformed.
    """
    cursor = Cursor(ds)
    tag, algorithm, kind = (int.from_bytes(cursor.take(size), "big") for size in (2, 1, 1))
    digest = cursor.take(cursor.remaining)
    named = (tag, algorithm) == (key.tag, key.algorithm) and kind in DIGESTS
    return named and _DIGESTS[kind](owner + key.data) == digest


def digest_type(ds: bytes) -> int:
    """What kind of digest a DS record holds. Raises Malformed."""
    return Cursor(ds).take(4)[3]


def verify(key: ZoneKey, message: bytes, signature: bytes) -> bool:
    """Whether a key of a known algorithm (ALGORITHMS) signed the message. Raises Malformed."""
    return _VERIFY[key.algorithm](key.public, message, signature)


def _rsa(public: bytes, signature: bytes, info: bytes, digest: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2); the key as in RFC 3110, 2."""
    cursor = Cursor(public)
    size = cursor.take(1)[0] or int.from_bytes(cursor.take(2), "big")
    exponent = int.from_bytes(cursor.take(size), "big")
    modulus = int.from_bytes(cursor.take(cursor.remaining), "big")
    # With an exponent of 1 a signature is its own message: anyone makes it.
    if not (3 <= exponent < _MAX_EXPONENT and exponent % 2):
        return False
    if not _MIN_BITS <= modulus.bit_length() <= _MAX_BITS:
        return False
    width, value = (modulus.bit_length() + 7) // 8, int.from_bytes(signature, "big")
    if len(signature) != width or value >= modulus:
        return False
    padding = b"\xff" * (width - 3 - len(info) - len(digest))
    expected = b"\x00\x01" + padding + b"\x00" + info + digest
    return pow(value, exponent, modulus).to_bytes(width, "big") == expected


def _rsa_sha256(public: bytes, message: bytes, signature: bytes) -> bool:
    return _rsa(public, signature, _SHA256_INFO, hashlib.sha256(message).digest())


def _rsa_sha512(public: bytes, message: bytes, signature: bytes) -> bool:
    return _rsa(public, signature, _SHA512_INFO, hashlib.sha512(message).digest())


def _ecdsa(curve: Curve, public: bytes, digest: bytes, signature: bytes) -> bool:
    """ECDSA with keys and signatures of two plain numbers each (RFC 6605, 4)."""
    order, size = int(curve.order), len(digest)
    if len(public) != 2 * size or len(signature) != 2 * size:
        return False
    x, y, r, s = (
        int.from_bytes(half, "big")
        for pair in (public, signature)
        for half in (pair[:size], pair[size:])
    )
    if not (curve.curve.contains_point(x, y) and 0 < r < order and 0 < s < order):
        return False
    inverse = pow(s, -1, order)
    u1, u2 = int.from_bytes(digest, "big") * inverse % order, r * inverse % order
    nonce = curve.generator.mul_add(u1, PointJacobi(curve.curve, x, y, 1, order), u2)
    return bool(nonce != INFINITY and nonce.x() % order == r)


def _p256(public: bytes, message: bytes, signature: bytes) -> bool:
    return _ecdsa(NIST256p, public, hashlib.sha256(message).digest(), signature)


def _p384(public: bytes, message: bytes, signature: bytes) -> bool:
    return _ecdsa(NIST384p, public, hashlib.sha384(message).digest(), signature)


# By algorithm number. SHA-1 (5, 7) is no longer taken for a signature (BIP353); Ed25519 and Ed448
# (15, 16) are not known here.
_VERIFY: dict[int, Callable[[bytes, bytes, bytes], bool]] = {
    8: _rsa_sha256,
    10: _rsa_sha512,
    13: _p256,
    14: _p384,
}
ALGORITHMS = frozenset(_VERIFY)
