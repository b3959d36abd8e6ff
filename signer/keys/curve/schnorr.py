"""BIP340 signatures, and BIP341's tweak that makes an output key of an internal key."""

from signer.errors import CrossCheckFailed, Malformed
from signer.hashes import tagged_hash
from signer.keys.curve import raw
from signer.keys.curve.keys import plus_generator

NO_AUX = bytes(32)


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
    return _verified(_signed(secret, digest, aux, None), digest, public)


def sign_taproot(
    secret: bytearray, digest: bytes, output_key: bytes, merkle_root: bytes = b""
) -> bytes:
    """`sign_schnorr` with the internal key's `secret`, by the output key it makes (BIP341).

    `merkle_root` is empty or 32 bytes. The tweak is computed from the secret's own public key and
    the result verified under `output_key` (32 bytes, x-only), which comes from public data.
    """
    return _verified(_signed(secret, digest, NO_AUX, merkle_root), digest, output_key)


def _signed(secret: bytearray, digest: bytes, aux: bytes, merkle_root: bytes | None) -> bytes:
    raw.sized(digest, 32, "A digest")
    raw.sized(aux, 32, "Auxiliary data")
    key, pair = raw.secret_key(secret), raw.new("secp256k1_keypair *")
    signature, extra = raw.new("unsigned char[64]"), raw.from_buffer(aux)
    try:
        if not raw.lib.secp256k1_keypair_create(raw.CONTEXT, pair, key):
            raise CrossCheckFailed("The signing key is no key.")
        if merkle_root is not None:
            _make_output_pair(pair, merkle_root)
        if not raw.lib.secp256k1_schnorrsig_sign32(raw.CONTEXT, signature, digest, pair, extra):
            raise CrossCheckFailed("A Schnorr signature could not be made.")
    finally:
        raw.erase_pair(pair)
    return bytes(raw.buffer(signature))


def _make_output_pair(pair: object, merkle_root: bytes) -> None:
    """The internal key's pair becomes the output key's (BIP341, taproot_tweak_seckey)."""
    point, internal = raw.new("secp256k1_xonly_pubkey *"), raw.new("unsigned char[32]")
    raw.lib.secp256k1_keypair_xonly_pub(raw.CONTEXT, point, raw.NULL, pair)
    raw.lib.secp256k1_xonly_pubkey_serialize(raw.CONTEXT, internal, point)
    tweak = taproot_tweak(bytes(raw.buffer(internal)), merkle_root)
    if not raw.lib.secp256k1_keypair_xonly_tweak_add(raw.CONTEXT, pair, tweak):
        raise CrossCheckFailed("The tweaked signing key is no key.")


def _verified(signature: bytes, digest: bytes, public: bytes) -> bytes:
    if not verify_schnorr(public, digest, signature):
        raise CrossCheckFailed("A Schnorr signature did not verify.")
    return signature


def verify_schnorr(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is a BIP340 signature of `message` (any length) under an x-only key.

    Raises Malformed for a key that is none; a signature that is none is just not valid.
    """
    point = raw.parsed_xonly(public)
    if len(signature) != 64:
        return False
    verify = raw.lib.secp256k1_schnorrsig_verify
    return bool(verify(raw.CONTEXT, signature, message, len(message), point))
