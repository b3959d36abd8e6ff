"""ECDSA signatures in whose nonces the host has a hand, and can check that it has (T51).

The host commits to 32 random bytes; the signer commits to its nonce point R0; the host shows its
bytes; the signer adds their hash to the nonce. What is left to a signer that wants to leak a key is
the choice whether to sign. (The sign-to-contract protocol of libsecp256k1-zkp, which Jade speaks.)
"""

from functools import cache

from signer.errors import CrossCheckFailed
from signer.hashes import tagged_hash
from signer.keys.curve import raw
from signer.keys.curve.ecdsa import der_of, verify_ecdsa
from signer.keys.curve.keys import public_key, tweak_public, tweak_secret

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def host_commitment(entropy: bytes) -> bytes:
    """What the host sends first: the hash (32 bytes) of its 32 bytes of `entropy`."""
    raw.sized(entropy, 32, "The host's entropy")
    return tagged_hash("s2c/ecdsa/data", entropy)


def signer_commitment(secret: bytearray, digest: bytes, commitment: bytes) -> bytes:
    """The signer's answer: its nonce point R0 (33 bytes) for a 32-byte digest. Always the same."""
    nonce = _first_nonce(secret, digest, commitment)
    try:
        return public_key(nonce)
    finally:
        raw.erase(nonce)


def sign(secret: bytearray, digest: bytes, public: bytes, entropy: bytes) -> bytes:
    """A DER signature (low S, up to 71 bytes); its nonce is R0's plus the hash of R0 and `entropy`.

    Nothing is remembered between commitment and signature: R0 depends on the host's commitment, so
    other entropy leads to another R0 and no two signatures share one. Verified under `public`, and
    as the host will, before it is returned. Raises CrossCheckFailed.
    """
    nonce = _first_nonce(secret, digest, host_commitment(entropy))
    try:
        committed = public_key(nonce)
        tweak_secret(nonce, _contract(committed, entropy))
        signature = _sign_with(nonce, secret, digest)
    finally:
        raw.erase(nonce)
    if not verify(public, digest, signature, entropy, committed):
        raise CrossCheckFailed("An anti-exfil signature did not verify.")
    return signature


def verify(public: bytes, digest: bytes, der: bytes, entropy: bytes, commitment: bytes) -> bool:
    """What a host asks: the signature holds, its nonce is the signer's `commitment` and the host's.

    False means that the signer chose its nonce by itself: do not broadcast, and trust it no more.
    Raises Malformed for a key, digest, entropy or commitment that is none.
    """
    raw.sized(entropy, 32, "The host's entropy")
    nonce_point = tweak_public(commitment, _contract(commitment, entropy))
    if not verify_ecdsa(public, digest, der):
        return False
    # r is the x coordinate modulo the order; all of it is public.
    r = int.from_bytes(der[4 : 4 + der[3]], "big")
    return int.from_bytes(nonce_point[1:], "big") % _ORDER == r


def _contract(committed: bytes, entropy: bytes) -> bytes:
    return tagged_hash("s2c/ecdsa/point", committed, entropy)


def _first_nonce(secret: bytearray, digest: bytes, commitment: bytes) -> bytearray:
    """RFC6979's nonce, with the host's commitment as its extra data."""
    raw.sized(digest, 32, "A digest")
    raw.sized(commitment, 32, "The host's commitment")
    nonce, key = bytearray(32), raw.secret_key(secret)
    derive, extra = raw.lib.secp256k1_nonce_function_rfc6979, raw.from_buffer(commitment)
    if not derive(raw.secret_key(nonce), digest, key, raw.NULL, extra, 0):
        raise CrossCheckFailed("A nonce could not be made.")
    return nonce


def _sign_with(nonce: bytearray, secret: bytearray, digest: bytes) -> bytes:
    signature, key = raw.new("secp256k1_ecdsa_signature *"), raw.secret_key(secret)
    nonce_key = raw.secret_key(nonce)
    if not raw.lib.secp256k1_ecdsa_sign(
        raw.CONTEXT, signature, digest, key, _as_given(), nonce_key
    ):
        raise CrossCheckFailed("The signing key or its nonce is no number below the order.")
    return der_of(signature)


@cache
def _as_given() -> object:
    """The library's hook for nonces, which hands on the 32 bytes that came with the call."""

    def hand_on(
        nonce: object, _digest: object, _key: object, _use: object, key: object, attempt: int
    ) -> int:
        if attempt:  # asked again: these bytes were no number below the order, and never will be
            return 0
        raw.ffi.memmove(nonce, key, 32)
        return 1

    return raw.ffi.callback("secp256k1_nonce_function", hand_on)
