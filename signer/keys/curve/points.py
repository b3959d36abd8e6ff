"""Points and scalars beyond single keys: sums, products, and the point two keys share (BIP352)."""

from collections.abc import Sequence
from functools import cache

from signer.errors import CrossCheckFailed, Malformed
from signer.keys.curve import raw
from signer.keys.curve.raw import Buffer

GENERATOR = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")


def negate(public: bytes) -> bytes:
    """The point with the same x and the other y, compressed (33 bytes). Raises Malformed."""
    raw.parsed(public)
    return bytes((public[0] ^ 1,)) + public[1:]


def combine(points: Sequence[bytes]) -> bytes:
    """The sum of at least one compressed point, in any order.

    Raises Malformed for what is no point, or if they cancel each other out: infinity is no key.
    """
    if not points:
        raise Malformed("There are no points to add.")
    parsed = [raw.parsed(point) for point in points]
    total, listed = raw.new("secp256k1_pubkey *"), raw.new("secp256k1_pubkey *[]", parsed)
    if not raw.lib.secp256k1_ec_pubkey_combine(raw.CONTEXT, total, listed, len(parsed)):
        raise Malformed("These points add up to none.")
    return raw.compressed(total)


def multiply(public: bytes, scalar: Buffer) -> bytes:
    """`scalar` (32 bytes) times the point, compressed. In variable time: never for a secret.

    Raises Malformed for what is no point, and for a scalar of 0 or not below the order.
    """
    raw.sized(scalar, 32, "A scalar")
    point = raw.parsed(public)
    if not raw.lib.secp256k1_ec_pubkey_tweak_mul(raw.CONTEXT, point, raw.from_buffer(scalar)):
        raise Malformed("A scalar is a number from 1 to the order of the curve.")
    return raw.compressed(point)


def shared_point(secret: bytearray, public: bytes) -> bytes:
    """`secret` times the point, compressed, in constant time. Raises Malformed."""
    point, out = raw.parsed(public), raw.new("unsigned char[33]")
    key = raw.secret_key(secret)
    if not raw.lib.secp256k1_ecdh(raw.CONTEXT, out, point, key, _whole_point(), raw.NULL):
        raise Malformed("A secret key is a number from 1 to the order of the curve.")
    return bytes(raw.buffer(out))


@cache
def _whole_point() -> object:
    """What the library's ECDH does with the point it found: not hash it, but hand it out.

    ECDH is its one multiplication of a given point that takes the same time for every secret.
    """

    def compress(out: object, x: object, y: object, _: object) -> int:
        (last,) = raw.buffer(y, 32)[31]
        raw.buffer(out, 33)[:] = bytes((2 | last & 1,)) + raw.buffer(x, 32)[:]  # SEC 1, 2.3.3
        return 1

    compressing: object = raw.ffi.callback("secp256k1_ecdh_hash_function", compress)
    return compressing


# --- scalars, in buffers of the caller's


def is_secret(scalar: bytearray) -> bool:
    """Whether these 32 bytes are a secret key: from 1 to below the order."""
    return bool(raw.lib.secp256k1_ec_seckey_verify(raw.CONTEXT, raw.secret_key(scalar)))


def add_secret(total: bytearray, secret: bytearray) -> None:
    """Add a secret key to `total` modulo the order, in place. `total` may be, and become, zero.

    The library knows no zero: it fails and leaves zeros where a sum cancels out, and the next
    secret starts the sum anew. That this happened is no secret, the public keys show it.
    Raises Malformed if `secret` is no secret key.
    """
    if not is_secret(secret):
        raise Malformed("A secret key is a number from 1 to the order of the curve.")
    added = raw.secret_key(secret)
    if not is_secret(total):
        raw.ffi.memmove(raw.secret_key(total), added, 32)
    else:
        raw.lib.secp256k1_ec_seckey_tweak_add(raw.CONTEXT, raw.secret_key(total), added)


def multiply_secret(secret: bytearray, scalar: Buffer) -> None:
    """Multiply `secret` by `scalar` modulo the order, in place. Raises Malformed, zeroing it."""
    raw.sized(scalar, 32, "A scalar")
    factor = raw.from_buffer(scalar)
    if not raw.lib.secp256k1_ec_seckey_tweak_mul(raw.CONTEXT, raw.secret_key(secret), factor):
        raise Malformed("A scalar is a number from 1 to the order of the curve.")


def negate_secret(secret: bytearray) -> None:
    """The other secret key of the same x, in place. Raises CrossCheckFailed if it was none."""
    if not raw.lib.secp256k1_ec_seckey_negate(raw.CONTEXT, raw.secret_key(secret)):
        raise CrossCheckFailed("The key is no key.")
