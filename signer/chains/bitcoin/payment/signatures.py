"""Signatures inside a PSBT: where they stand, what they look like, whether they hold."""

from collections.abc import Callable

from signer.chains.bitcoin.payment.signing import SigningTask, SpendPath
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.maps import Map, Record
from signer.chains.bitcoin.transactions import sighash
from signer.keys import curve
from signer.keys.keyring import Keyring

Verify = Callable[[bytes, bytes, bytes], bool]  # public key, digest, signature
FIRST = (curve.verify_ecdsa, curve.verify_schnorr)
SECOND = (curve.second_opinion_ecdsa, curve.second_opinion_schnorr)
_FIELDS = {
    SpendPath.ECDSA: fields.PARTIAL_SIG,
    SpendPath.KEY_PATH: fields.TAP_KEY_SIG,
    SpendPath.LEAF: fields.TAP_SCRIPT_SIG,
}


def make(keyring: Keyring, task: SigningTask) -> Record:
    """The record to add (BIP174, BIP371) for a signature of ours alone. Raises CrossCheckFailed.

    What is signed is verified under the key of the task, which was derived from public data.
    """
    return record(task, _signature(keyring, task))


def record(task: SigningTask, signature: bytes) -> Record:
    """The record that holds a signature for a task, its type written behind it."""
    return name(task), signature + _suffix(task.hash_type)


def _signature(keyring: Keyring, task: SigningTask) -> bytes:
    match task.spend_path:
        case SpendPath.ECDSA:
            return keyring.sign_ecdsa(task.path, task.digest, task.public_key)
        case SpendPath.KEY_PATH:
            return keyring.sign_schnorr(
                task.path, task.digest, task.tree, task.internal_key, task.public_key
            )
        case SpendPath.LEAF:
            return keyring.sign_leaf(task.path, task.digest, task.public_key)


def name(task: SigningTask) -> bytes:
    """The key of the record that holds the signature of a task."""
    field = bytes((_FIELDS[task.spend_path],))
    match task.spend_path:
        case SpendPath.ECDSA:
            return field + task.public_key
        case SpendPath.KEY_PATH:
            return field
        case SpendPath.LEAF:
            return field + task.public_key + task.tree


def find(task: SigningTask, records: Map) -> bytes | None:
    """The signature that an input already carries for a task, or None."""
    return records.fields.get(name(task))


def holds(
    task: SigningTask, digest: bytes, signature: bytes, verifiers: tuple[Verify, Verify] = FIRST
) -> bool:
    """Whether a signature as a PSBT carries it is ours for this digest, and of the task's type."""
    ecdsa, schnorr = verifiers
    suffix = _suffix(task.hash_type)
    body = signature.removesuffix(suffix)
    if len(body) + len(suffix) != len(signature):
        return False
    verify = ecdsa if task.spend_path is SpendPath.ECDSA else schnorr
    return verify(task.public_key, digest, body)


def _suffix(hash_type: int) -> bytes:
    # BIP341: 64 bytes mean DEFAULT; written out as a 65th byte it would make the signature invalid.
    return bytes((hash_type,)) if hash_type != sighash.DEFAULT else b""
