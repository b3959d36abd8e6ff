"""ECDSA signatures from which the public key can be read back: what signed messages use."""

from signer.errors import CrossCheckFailed
from signer.keys.curve import raw


def sign_recoverable(secret: bytearray, digest: bytes, public: bytes) -> bytes:
    """65 bytes: the recovery id (0 to 3), then r and s, 32 bytes each.

    RFC6979 nonce without grinding and low S, as Bitcoin Core's `signmessage` and Jade make it. The
    key read back from the signature must be `public` before it is returned; else CrossCheckFailed.
    """
    raw.sized(digest, 32, "A digest")
    signature = raw.new("secp256k1_ecdsa_recoverable_signature *")
    key = raw.secret_key(secret)
    sign = raw.lib.secp256k1_ecdsa_sign_recoverable
    if not sign(raw.CONTEXT, signature, digest, key, raw.NULL, raw.NULL):
        raise CrossCheckFailed("The signing key is no key.")
    compact, recovery_id = raw.new("unsigned char[64]"), raw.new("int *")
    raw.lib.secp256k1_ecdsa_recoverable_signature_serialize_compact(
        raw.CONTEXT, compact, recovery_id, signature
    )
    encoded = bytes((recovery_id[0],)) + bytes(raw.buffer(compact))
    if recover(digest, encoded) != public:
        raise CrossCheckFailed("A recoverable signature did not verify.")
    return encoded


def recover(digest: bytes, signature: bytes) -> bytes | None:
    """The compressed key (33 bytes) that made this 65-byte signature (SEC 1, 4.1.6), or None.

    Raises Malformed for a digest or a signature of another length.
    """
    raw.sized(digest, 32, "A digest")
    raw.sized(signature, 65, "A recoverable signature")
    parsed = raw.new("secp256k1_ecdsa_recoverable_signature *")
    point = raw.new("secp256k1_pubkey *")
    parse = raw.lib.secp256k1_ecdsa_recoverable_signature_parse_compact
    if signature[0] > 3 or not parse(raw.CONTEXT, parsed, signature[1:], signature[0]):
        return None
    if not raw.lib.secp256k1_ecdsa_recover(raw.CONTEXT, point, parsed, digest):
        return None
    return raw.compressed(point)
