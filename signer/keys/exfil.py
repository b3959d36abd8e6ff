"""The anti-exfil protocol for ECDSA, by path: commit, then sign; and what a host checks (T51).

The device keeps nothing between the two calls: all of it follows from the key, the digest and the
host's bytes.
"""

from signer.errors import CommonReason, Refused
from signer.keys.curve import anti_exfil
from signer.keys.curve.anti_exfil import host_commitment, verify
from signer.keys.keyring import Keyring
from signer.keys.path import Path

__all__ = ("commit", "host_commitment", "sign", "verify")


def commit(keyring: Keyring, path: Path, digest: bytes, commitment: bytes) -> bytes:
    """The nonce point (33 bytes) that the key at `path` starts from, before the host's part.

    `digest` and the host's `commitment` have 32 bytes; Malformed is raised for others.
    """
    with keyring.opened(path) as (node, _):
        return anti_exfil.signer_commitment(node.secret, digest, commitment)


def sign(keyring: Keyring, path: Path, digest: bytes, entropy: bytes, commitment: bytes) -> bytes:
    """A DER signature (low S, up to 71 bytes) that `verify` accepts for the point of `commit`.

    Raises Refused if the host's `entropy` (32 bytes) is not what it committed to: the point it was
    given belongs to other entropy, so no signature would pass. Some hosts send two unrelated
    values and check nothing; for them `host_commitment(entropy)` is the commitment to hand in.
    Raises Malformed and CrossCheckFailed.
    """
    if host_commitment(entropy) != commitment:
        raise Refused(CommonReason.HOST_ENTROPY_DIFFERS)
    with keyring.opened(path) as (node, public):
        return anti_exfil.sign(node.secret, digest, public, entropy)
