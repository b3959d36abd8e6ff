"""secp256k1: the only importer of libsecp256k1 (coincurve) and python-ecdsa.

libsecp256k1 does everything that touches a secret. A secret comes in as a bytearray that its owner
erases; no Python integer or bytes object here ever holds a copy of one. python-ecdsa is a second
opinion, and gets public data only.
"""

from signer.keys.curve.ecdsa import sign_ecdsa, verify_ecdsa
from signer.keys.curve.keys import check_public_key, public_key, tweak_public, tweak_secret
from signer.keys.curve.musig import musig_aggregate
from signer.keys.curve.raw import Buffer, erase
from signer.keys.curve.recoverable import recover, sign_recoverable
from signer.keys.curve.schnorr import (
    NO_AUX,
    sign_schnorr,
    sign_taproot,
    taproot_output_key,
    taproot_tweak,
    verify_schnorr,
)

__all__ = (
    "NO_AUX",
    "Buffer",
    "check_public_key",
    "erase",
    "musig_aggregate",
    "public_key",
    "recover",
    "second_opinion_ecdsa",
    "second_opinion_schnorr",
    "sign_ecdsa",
    "sign_recoverable",
    "sign_schnorr",
    "sign_taproot",
    "taproot_output_key",
    "taproot_tweak",
    "tweak_public",
    "tweak_secret",
    "verify_ecdsa",
    "verify_schnorr",
)


def second_opinion_ecdsa(public: bytes, digest: bytes, der: bytes) -> bool:
    """`verify_ecdsa` by python-ecdsa. Some 1 to 3 ms; the first call also imports it."""
    from signer.keys.curve import second_opinion  # noqa: PLC0415  a locked device needs none

    return second_opinion.ecdsa(public, digest, der)


def second_opinion_schnorr(public: bytes, message: bytes, signature: bytes) -> bool:
    """`verify_schnorr` by python-ecdsa. Some 3 ms; the first call also imports it."""
    from signer.keys.curve import second_opinion  # noqa: PLC0415  as above

    return second_opinion.schnorr(public, message, signature)
