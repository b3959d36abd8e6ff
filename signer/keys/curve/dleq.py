"""Proofs that two points were made with one secret (BIP374), which say nothing else about it."""

from signer.errors import CrossCheckFailed, Malformed
from signer.hashes import tagged_hash, tagged_hasher
from signer.keys.curve import points, raw
from signer.keys.curve.keys import public_key
from signer.keys.curve.points import GENERATOR


def prove(
    secret: bytearray, base: bytes, aux: bytes, message: bytes = b"", generator: bytes = GENERATOR
) -> bytes:
    """A proof (64 bytes) that one secret times `generator` and times `base` gives both points.

    `aux` is 32 bytes, `message` 32 or none (BIP374, GenerateProof). Verified before it is
    returned: a faulty one could give the secret away (T52).
    Raises Malformed for what is no key or no point, CrossCheckFailed.
    """
    public, share = _times(secret, generator), points.shared_point(secret, base)
    nonce = _nonce(secret, aux, public + share + _checked(message))
    try:
        commitments = _times(nonce, generator) + points.shared_point(nonce, base)
        challenge = _challenge(public, base, share, generator, commitments, message)
        proof = challenge + _answer(secret, challenge, nonce)
    finally:
        raw.erase(nonce)
    if not verify(public, base, share, proof, message, generator):
        raise CrossCheckFailed("A proof of equal secrets did not verify.")
    return proof


def verify(
    public: bytes,
    base: bytes,
    share: bytes,
    proof: bytes,
    message: bytes = b"",
    generator: bytes = GENERATOR,
) -> bool:
    """Whether one secret makes `public` of `generator` and `share` of `base` (BIP374, VerifyProof).

    Raises Malformed for what is no point; a proof that is none is just not valid.
    """
    _checked(message)
    negated = points.negate(public), points.negate(share)
    raw.parsed(base)
    raw.parsed(generator)
    challenge, answer = proof[:32], proof[32:]
    try:
        commitments = b"".join(
            points.combine((points.multiply(start, answer), points.multiply(end, challenge)))
            for start, end in zip((generator, base), negated, strict=True)
        )
    except Malformed:
        # A scalar of another length, zero or beyond the order, or infinity: fewer than one honest
        # proof in 2**126.
        return False
    expected = _challenge(public, base, share, generator, commitments, message)
    return challenge == expected


def _times(secret: bytearray, point: bytes) -> bytes:
    # The library is faster with its own generator.
    return public_key(secret) if point == GENERATOR else points.shared_point(secret, point)


def _checked(message: bytes) -> bytes:
    if message:
        raw.sized(message, 32, "A message")
    return message


def _nonce(secret: bytearray, aux: bytes, statement: bytes) -> bytearray:
    """The caller's to erase. One in 2**127 is not below the order, and then there is no proof."""
    raw.sized(aux, 32, "Auxiliary data")
    masked = bytearray(tagged_hash("BIP0374/aux", aux))
    try:
        for index in range(32):  # a larger integer than a byte would leave the secret in memory
            masked[index] ^= secret[index]
        hasher = tagged_hasher("BIP0374/nonce")
        hasher.update(masked)
        hasher.update(statement)
        digest = hasher.digest()
    finally:
        raw.erase(masked)
    nonce = bytearray(32)
    memoryview(nonce)[:] = memoryview(digest)
    raw.erase(digest)
    return nonce


def _challenge(
    public: bytes, base: bytes, share: bytes, generator: bytes, commitments: bytes, message: bytes
) -> bytes:
    stated = public + base + share + generator
    return tagged_hash("BIP0374/challenge", stated, commitments, message)


def _answer(secret: bytearray, challenge: bytes, nonce: bytearray) -> bytes:
    """The nonce + challenge * secret. Public: without the nonce it tells nothing."""
    answer = bytearray(32)
    try:
        memoryview(answer)[:] = memoryview(secret)
        points.multiply_secret(answer, challenge)
        points.add_secret(answer, nonce)
        return bytes(answer)
    finally:
        raw.erase(answer)
