"""Signatures inside a PSBT: where they stand, what they look like, whether they hold."""

from collections.abc import Callable

from signer.chains.bitcoin import psbt, sighash
from signer.chains.bitcoin.ours import Key
from signer.chains.bitcoin.psbt import Map, Record
from signer.keys import curve
from signer.keys.keyring import Keyring

Verify = Callable[[bytes, bytes, bytes], bool]  # public key, digest, signature
FIRST = (curve.verify_ecdsa, curve.verify_schnorr)
SECOND = (curve.second_opinion_ecdsa, curve.second_opinion_schnorr)


def make(keyring: Keyring, key: Key, digest: bytes, hash_type: int) -> Record:
    """The record to add: PARTIAL_SIG (BIP174) or TAP_KEY_SIG (BIP371). Raises CrossCheckFailed."""
    if key.is_taproot:
        signature = keyring.sign_schnorr(key.path, digest)
        return bytes((psbt.TAP_KEY_SIG,)), signature + _suffix(hash_type)
    signature = keyring.sign_ecdsa(key.path, digest)
    return bytes((psbt.PARTIAL_SIG,)) + key.public_key, signature + _suffix(hash_type)


def find(key: Key, records: Map) -> bytes | None:
    """The signature under our key that an input already carries, or None."""
    if key.is_taproot:
        return records.get(psbt.TAP_KEY_SIG)
    return dict(records.all(psbt.PARTIAL_SIG)).get(key.public_key)


def holds(
    key: Key, digest: bytes, hash_type: int, signature: bytes, by: tuple[Verify, Verify] = FIRST
) -> bool:
    """Whether a signature as a PSBT carries it is ours for this digest and of this hash type."""
    ecdsa, schnorr = by
    suffix = _suffix(hash_type)
    body = signature.removesuffix(suffix)
    if len(body) + len(suffix) != len(signature):
        return False
    if key.is_taproot:
        return schnorr(key.script_pubkey[2:], digest, body)
    return ecdsa(key.public_key, digest, body)


def _suffix(hash_type: int) -> bytes:
    # BIP341: 64 bytes mean DEFAULT; written out as a 65th byte it would make the signature invalid.
    return bytes((hash_type,)) if hash_type != sighash.DEFAULT else b""
