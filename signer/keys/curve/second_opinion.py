"""Other code, other people, same answer: signatures judged by python-ecdsa's point arithmetic.

It computes in Python integers, whose timing shows their size, so it gets public data only. The only
importer of python-ecdsa beside `signer.dnssec`; `signer.keys.curve` imports it when it is first
asked.
"""

from ecdsa import SECP256k1
from ecdsa.der import UnexpectedDER
from ecdsa.ellipticcurve import INFINITY, PointJacobi
from ecdsa.util import sigdecode_der

from signer.errors import Malformed
from signer.hashes import tagged_hash
from signer.keys.curve.raw import sized

_GENERATOR = SECP256k1.generator
_ORDER: int = SECP256k1.order
_FIELD: int = SECP256k1.curve.p()
_EVEN, _ODD = 2, 3  # the prefixes of compressed points (SEC 1, 2.3.3)


def ecdsa(public: bytes, digest: bytes, der: bytes) -> bool:
    """Strict DER, then SEC 1, 4.1.4, with BIP146's low S."""
    sized(digest, 32, "A digest")
    sized(public, 33, "A compressed public key")
    point = _lift_x(public[1:], public[0])
    try:
        r, s = sigdecode_der(der, _ORDER)
    except UnexpectedDER:
        return False
    if not (0 < r < _ORDER and 0 < s <= _ORDER // 2):
        return False
    inverse = pow(s, -1, _ORDER)
    u1, u2 = int.from_bytes(digest, "big") * inverse % _ORDER, r * inverse % _ORDER
    nonce = _GENERATOR.mul_add(u1, point, u2)
    return bool(nonce != INFINITY and nonce.x() % _ORDER == r)


def schnorr(public: bytes, message: bytes, signature: bytes) -> bool:
    """BIP340, Verification."""
    sized(public, 32, "An x-only key")
    point = _lift_x(public, _EVEN)
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if r >= _FIELD or s >= _ORDER:
        return False
    challenge = tagged_hash("BIP0340/challenge", signature[:32], public, message)
    e = int.from_bytes(challenge, "big") % _ORDER
    nonce = _GENERATOR.mul_add(s, point, _ORDER - e)
    return bool(nonce != INFINITY and nonce.y() % 2 == 0 and nonce.x() == r)


def _lift_x(coordinate: bytes, prefix: int) -> PointJacobi:
    x = int.from_bytes(coordinate, "big")
    square = (pow(x, 3, _FIELD) + 7) % _FIELD
    root = pow(square, (_FIELD + 1) // 4, _FIELD)
    if prefix not in (_EVEN, _ODD) or x >= _FIELD or root * root % _FIELD != square:
        raise Malformed("A public key is not a point of the curve.")
    y = root if root % 2 == prefix % 2 else _FIELD - root
    return PointJacobi(SECP256k1.curve, x, y, 1, _ORDER)
