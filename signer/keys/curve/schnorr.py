"""BIP340 signatures, and BIP341's tweak that makes an output key of an internal key."""

from signer.errors import CrossCheckFailed, Malformed
from signer.hashes import tagged_hash
from signer.keys.curve import raw
from signer.keys.curve.keys import plus_generator
from signer.keys.curve.points import negate_secret

NO_AUX = bytes(32)
_ODD = 3  # the prefix of a compressed point whose y is odd (SEC 1, 2.3.3)


def taproot_tweak(internal: bytes, merkle_root: bytes = b"") -> bytes:
    """The tweak (32 bytes) that commits an x-only key to a script tree, empty if none (BIP341)."""
    raw.sized(internal, 32, "An x-only key")
    if merkle_root:
        raw.sized(merkle_root, 32, "A merkle root")
    return tagged_hash("TapTweak", internal, merkle_root)


def taproot_output_key(internal: bytes, merkle_root: bytes = b"") -> bytes:
    """The x-only output key (32 bytes) of an x-only internal key (BIP341). Raises Malformed."""
    tweak = taproot_tweak(internal, merkle_root)
    total = plus_generator(raw.parsed(b"\x02" + internal), tweak)
    if total is None:
        raise Malformed("This key has no taproot output key (BIP341).")
    return raw.compressed(total)[1:]


def sign_schnorr(secret: bytearray, digest: bytes, public: bytes, aux: bytes = NO_AUX) -> bytes:
    """A BIP340 signature (64 bytes) of a 32-byte digest, verified under x-only `public`.

    `aux` is zero, as in Jade: BIP340 allows it, and the same seed and request then give the same
    bytes on every device, which is what makes a hidden message in the nonce detectable (T51). What
    fresh aux would add, protection against faults, comes from verifying before anything leaves.
    Raises CrossCheckFailed.
    """
    raw.sized(digest, 32, "A digest")
    raw.sized(aux, 32, "Auxiliary data")
    key, pair = raw.secret_key(secret), raw.new("secp256k1_keypair *")
    signature, extra = raw.new("unsigned char[64]"), raw.from_buffer(aux)
    try:
        if not raw.lib.secp256k1_keypair_create(raw.CONTEXT, pair, key):
            raise CrossCheckFailed("The signing key is no key.")
        if not raw.lib.secp256k1_schnorrsig_sign32(raw.CONTEXT, signature, digest, pair, extra):
            raise CrossCheckFailed("A Schnorr signature could not be made.")
    finally:
        raw.erase_pair(pair)
    signature_bytes = bytes(raw.buffer(signature))
    if not verify_schnorr(public, digest, signature_bytes):
        raise CrossCheckFailed("A Schnorr signature did not verify.")
    return signature_bytes


def sign_taproot(
    secret: bytearray, digest: bytes, public: bytes, output_key: bytes, merkle_root: bytes = b""
) -> bytes:
    """`sign_schnorr` with the internal key's `secret`, by the output key it makes (BIP341).

    `merkle_root` is empty or 32 bytes. `public` (33 bytes) is the internal key and `output_key` (32
    bytes, x-only) what is made of it, both derived from public data: the library would compute them
    anew from the secret, in twice the time. A wrong one shows when the signature is verified.
    """
    raw.sized(secret, 32, "A secret key")
    raw.sized(public, 33, "A compressed public key")
    output_secret, tweak = bytearray(32), taproot_tweak(public[1:], merkle_root)
    try:
        memoryview(output_secret)[:] = memoryview(secret)
        if public[0] == _ODD:  # BIP341, taproot_tweak_seckey
            negate_secret(output_secret)
        key = raw.secret_key(output_secret)
        if not raw.lib.secp256k1_ec_seckey_tweak_add(raw.CONTEXT, key, tweak):
            raise CrossCheckFailed("The tweaked signing key is no key.")
        return sign_schnorr(output_secret, digest, output_key)
    finally:
        raw.erase(output_secret)


def verify_schnorr(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is a BIP340 signature of `message` (any length) under an x-only key.

    Raises Malformed for a key that is none; a signature that is none is just not valid.
    """
    point = raw.parsed_xonly(public)
    if len(signature) != 64:
        return False
    verify = raw.lib.secp256k1_schnorrsig_verify
    return bool(verify(raw.CONTEXT, signature, message, len(message), point))
