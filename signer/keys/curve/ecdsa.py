"""ECDSA over secp256k1: signatures as Bitcoin Core makes them, verified before they leave.

No fresh randomness goes into a nonce. It would protect against faults, and it would be a place to
hide the key in: a signature that anybody with the same seed can make again hides nothing (T51).
Faults are met by verifying every signature under a key that was derived from public data (T52).
"""

from signer.errors import CrossCheckFailed
from signer.keys.curve import raw


def sign_ecdsa(secret: bytearray, digest: bytes, public: bytes) -> bytes:
    """A DER signature of a 32-byte digest, verified under `public` before it is returned.

    RFC6979 nonce, low S, and low R by trying extra data 1, 2, ... (32 bytes, little-endian) after
    none: bit for bit what Bitcoin Core and Jade produce, so that another device with the same seed
    can prove that this one hides nothing in its nonces (T51). At most 70 bytes.
    Raises CrossCheckFailed.
    """
    raw.sized(digest, 32, "A digest")
    key, signature = raw.secret_key(secret), raw.new("secp256k1_ecdsa_signature *")
    compact = raw.new("unsigned char[64]")
    extra, tries = raw.NULL, 0
    while raw.lib.secp256k1_ecdsa_sign(raw.CONTEXT, signature, digest, key, raw.NULL, extra):
        raw.lib.secp256k1_ecdsa_signature_serialize_compact(raw.CONTEXT, compact, signature)
        if compact[0] < 0x80:
            return _verified_der(signature, digest, public)
        tries += 1
        extra = raw.from_buffer(tries.to_bytes(32, "little"))
    raise CrossCheckFailed("The signing key is no key.")


def _verified_der(signature: object, digest: bytes, public: bytes) -> bytes:
    der = der_of(signature)
    if not verify_ecdsa(public, digest, der):
        raise CrossCheckFailed("An ECDSA signature did not verify.")
    return der


def der_of(signature: object) -> bytes:
    """The library's signature, encoded (SEC 1, C.5), at most 72 bytes."""
    out, size = raw.new("unsigned char[72]"), raw.new("size_t *", 72)
    raw.lib.secp256k1_ecdsa_signature_serialize_der(raw.CONTEXT, out, size, signature)
    return bytes(raw.buffer(out, size[0]))


def verify_ecdsa(public: bytes, digest: bytes, der: bytes) -> bool:
    """Whether strict-DER, low-S `der` is a signature of the 32-byte digest under a 33-byte key.

    Raises Malformed for a digest or key that is none; a signature that is none is just not valid.
    """
    raw.sized(digest, 32, "A digest")
    point, signature = raw.parsed(public), raw.new("secp256k1_ecdsa_signature *")
    if not raw.lib.secp256k1_ecdsa_signature_parse_der(raw.CONTEXT, signature, der, len(der)):
        return False
    return bool(raw.lib.secp256k1_ecdsa_verify(raw.CONTEXT, signature, digest, point))
