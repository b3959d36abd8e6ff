"""T51: firmware that chooses its nonces can leak the seed in two signatures.

Two answers. Nothing in a signature is ours to choose: another implementation with the same seed
makes the same bytes, so a difference is proof. And with the anti-exfil protocol the host needs no
second device: its own bytes are in every nonce, and it checks that they are.
"""

from collections.abc import Callable

import pytest
from ecdsa.util import sigdecode_der
from embit.ec import PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signer.hashes import sha256
from signer.keys import curve, exfil
from signer.keys.curve import anti_exfil
from signer.keys.keyring import Keyring
from signer.keys.path import parse
from tests.signer.rfc6979 import ORDER

PATH = parse("m/84h/1h/0h/0/5")
digests = st.binary(min_size=32, max_size=32)


@settings(deadline=None)
@given(st.integers(1, ORDER - 1), digests)
@example(
    0x0E98600075AB01A99BFEDD58A14A927AD6FE4B7B0B52F29AA4A5EB6BE760569F,
    bytes.fromhex("f7c501c620b85ce9b488ef00775c9a270031084dfdab2f2c9b464700242ffed9"),
)
def test_another_implementation_makes_the_same_ecdsa_bytes(secret: int, digest: bytes) -> None:
    key = bytearray(secret.to_bytes(32, "big"))
    ours = curve.sign_ecdsa(key, digest, curve.public_key(key))
    theirs = PrivateKey(bytes(key)).sign(digest).serialize()
    # The peer takes any signature of 70 bytes. Bitcoin Core and Jade look at r itself, so once in
    # some 500 times, when r is high and s short, the peer stops one try before them, and us.
    stopped_early = sigdecode_der(theirs, ORDER)[0] >= 1 << 255
    assert sigdecode_der(ours, ORDER)[0] < 1 << 255
    assert (ours == theirs) is not stopped_early


@given(digests)
def test_device_state_leaves_no_trace_in_a_signature(digest: bytes) -> None:
    fresh, used = Keyring(bytearray(range(64))), Keyring(bytearray(range(64)))
    for index in range(5):
        used.sign_ecdsa((*PATH[:-1], index), bytes(32))
        used.sign_schnorr((*PATH[:-1], index), bytes(32))
    assert fresh.sign_ecdsa(PATH, digest) == used.sign_ecdsa(PATH, digest)
    assert fresh.sign_schnorr(PATH, digest) == used.sign_schnorr(PATH, digest)


def test_the_schnorr_nonce_is_bip340_s_with_zero_auxiliary_data() -> None:
    # BIP340's reference: nonce = H(key xor H("BIP0340/aux", aux), public, message).
    key = bytearray(bytes(31) + b"\3")
    public = curve.public_key(key)[1:]
    expected = curve.sign_schnorr(key, bytes(32), public, aux=bytes(32))
    # BIP340's published vector 0 has this key, message and zero aux.
    assert expected.hex().startswith(
        "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215"
    )
    assert curve.sign_schnorr(key, bytes(32), public) == expected
    assert curve.sign_schnorr(key, bytes(32), public, aux=b"\1" * 32) != expected


@pytest.mark.parametrize("digest", [bytes(32), b"\xff" * 32])
def test_edge_digests_are_signed_like_any_other(digest: bytes) -> None:
    keys = Keyring(bytearray(range(64)))
    assert curve.second_opinion_ecdsa(keys.public_key(PATH), digest, keys.sign_ecdsa(PATH, digest))


# --- signers that leak, and the host that asks for the protocol


SECRET = bytearray(range(1, 33))
PUBLIC = curve.public_key(SECRET)
Forger = Callable[[bytes, bytes, bytes], tuple[bytes, bytes]]


def signed_with(nonce: bytes, digest: bytes) -> bytes:
    return anti_exfil._sign_with(bytearray(nonce), SECRET, digest)


def honest_point(digest: bytes, promised: bytes) -> bytes:
    return anti_exfil.signer_commitment(SECRET, digest, promised)


def chosen_nonce(digest: bytes, promised: bytes, _entropy: bytes) -> tuple[bytes, bytes]:
    """The nonce is known to the thief: each signature is the key."""
    nonce = sha256(b"known to the thief" + digest)
    return honest_point(digest, promised), signed_with(nonce, digest)


def nonce_of_secret_bits(digest: bytes, promised: bytes, _entropy: bytes) -> tuple[bytes, bytes]:
    """Small nonces made of the key's own bits, as two signatures can carry a seed."""
    nonce = bytes(24) + bytes(SECRET[digest[0] % 16 :][:8])
    return honest_point(digest, promised), signed_with(nonce, digest)


def honest_nonce_alone(digest: bytes, promised: bytes, _entropy: bytes) -> tuple[bytes, bytes]:
    """The committed nonce, without the host's part."""
    nonce = bytes(anti_exfil._first_nonce(SECRET, digest, promised))
    return honest_point(digest, promised), signed_with(nonce, digest)


def ground_for_a_mark(digest: bytes, promised: bytes, entropy: bytes) -> tuple[bytes, bytes]:
    """Honest nonces of other tries until a byte of the signature says what the thief wants."""
    for attempt in range(1, 2000):
        promise = anti_exfil.host_commitment(sha256(entropy + attempt.to_bytes(2, "big")))
        nonce = bytes(anti_exfil._first_nonce(SECRET, digest, promise))
        signature = signed_with(nonce, digest)
        if signature[10] == SECRET[0]:
            return honest_point(digest, promised), signature
    raise AssertionError


FORGERS = (chosen_nonce, nonce_of_secret_bits, honest_nonce_alone, ground_for_a_mark)


@pytest.mark.parametrize("forger", FORGERS)
def test_the_host_finds_out_every_signer_that_leaks(forger: Forger) -> None:
    found = 0
    for number in range(25):
        digest, entropy = sha256(bytes((number,))), sha256(bytes((number, 1)))
        promised = exfil.host_commitment(entropy)
        point, signature = forger(digest, promised, entropy)
        # As a signature it is flawless: nothing but the protocol tells.
        assert curve.verify_ecdsa(PUBLIC, digest, signature)
        found += not exfil.verify(PUBLIC, digest, signature, entropy, point)
    assert found == 25


def test_an_honest_signer_is_never_accused() -> None:
    keys = Keyring(bytearray(range(64)))
    public = keys.public_key(PATH)
    for number in range(100):
        digest, entropy = sha256(bytes((number,))), sha256(bytes((number, 1)))
        promised = exfil.host_commitment(entropy)
        point = exfil.commit(keys, PATH, digest, promised)
        signature = exfil.sign(keys, PATH, digest, entropy, promised)
        assert exfil.verify(public, digest, signature, entropy, point)
