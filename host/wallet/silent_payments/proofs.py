"""Proofs that two points were made with one secret (BIP374), verified with public data alone."""

import coincurve

from signer.hashes import tagged_hash

PROOF_BYTES = 64
_GENERATOR = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
_ODD, _EVEN = b"\x03", b"\x02"


def is_proven(
    public_key: bytes,
    base: bytes,
    share: bytes,
    proof: bytes,
    message: bytes = b"",
    generator: bytes = _GENERATOR,
) -> bool:
    """Whether the secret of `public_key`, times `base`, is `share` (BIP374, VerifyProof).

    Points are compressed, 33 bytes; what is none proves nothing.
    """
    if len(proof) != PROOF_BYTES:
        return False
    challenge, answer = proof[:32], proof[32:]
    try:
        commitments = b"".join(
            total((_times(start, answer), _times(_negated(end), challenge)))
            for start, end in ((generator, public_key), (base, share))
        )
    except ValueError:  # no points, or a number that is zero or beyond the order
        return False
    stated = public_key + base + share + generator
    return tagged_hash("BIP0374/challenge", stated, commitments, message) == challenge


def total(points: tuple[bytes, ...]) -> bytes:
    """The sum of points. Raises ValueError: there is none, or they cancel each other out."""
    keys = [coincurve.PublicKey(point) for point in points]
    return coincurve.PublicKey.combine_keys(keys).format()


def _times(point: bytes, scalar: bytes) -> bytes:
    return coincurve.PublicKey(point).multiply(scalar).format()


def _negated(point: bytes) -> bytes:
    return (_EVEN if point[:1] == _ODD else _ODD) + point[1:]
