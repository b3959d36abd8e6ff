"""T51: firmware that chooses its nonces can leak the seed in two signatures.

What this release does about it: nothing in a signature is ours to choose. Another implementation
with the same seed makes the same bytes, so a difference is proof. (The anti-exfil protocol, which
needs no second device, is not built yet.)
"""

import pytest
from ecdsa.util import sigdecode_der
from embit.ec import PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signer.keys import curve
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
