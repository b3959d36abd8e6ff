"""T52: one faulty deterministic signature beside a good one of the same message gives the key away.

Every single bit is flipped once, thousands in all: of the keys while they are derived, of the
digest and the key as they reach the signing code, of the key pair, the signature and its encoding.
None of them lets out a signature that is not valid, or one that shares its nonce with another.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from ecdsa.util import sigencode_der

from signer.errors import CrossCheckFailed, Malformed
from signer.keys import curve
from signer.keys.keyring import Keyring
from signer.keys.path import parse
from tests.signer.rfc6979 import ORDER, reference

PATH = parse("m/84h/1h/0h/0/5")
DIGEST = bytes(range(32))


class Point(NamedTuple):
    """Where bits flip: in so many bytes of one argument of one function, before or after it ran."""

    function: str
    argument: int
    size: int
    after: bool = False


DERIVING = [
    Point("secp256k1_ec_seckey_tweak_add", 1, 32),
    Point("secp256k1_ec_seckey_tweak_add", 2, 32),
    Point("secp256k1_ec_seckey_tweak_add", 1, 32, after=True),
    Point("secp256k1_ec_pubkey_tweak_add", 1, 64, after=True),
]
ECDSA = [
    *DERIVING,
    Point("secp256k1_ecdsa_sign", 2, 32),
    Point("secp256k1_ecdsa_sign", 3, 32),
    Point("secp256k1_ecdsa_sign", 1, 64, after=True),
    Point("secp256k1_ecdsa_signature_serialize_der", 1, 70, after=True),
]
SCHNORR = [
    *DERIVING,
    Point("secp256k1_keypair_create", 2, 32),
    Point("secp256k1_keypair_create", 1, 96, after=True),
    Point("secp256k1_keypair_xonly_tweak_add", 2, 32),
    Point("secp256k1_keypair_xonly_tweak_add", 1, 96, after=True),
    Point("secp256k1_schnorrsig_sign32", 2, 32),
    Point("secp256k1_schnorrsig_sign32", 1, 64, after=True),
]


class FaultyLibrary:
    """libsecp256k1 with one bit flipped at one point, at the first call that comes by."""

    def __init__(self, point: Point, bit: int) -> None:
        self._real = curve.lib
        self._point = point
        self._bit = bit
        self.hit = False

    def __getattr__(self, name: str) -> object:
        here = name == self._point.function and not self.hit
        return self._faulty if here else getattr(self._real, name)

    def _faulty(self, *arguments: object) -> object:
        self.hit = True
        at, after = self._point.argument, self._point.after
        changed = list(arguments)
        if not after and isinstance(changed[at], bytes):  # the caller's own bytes stay as they are
            changed[at] = curve.ffi.new("unsigned char[32]", changed[at])
        if not after:
            self._flip(changed[at])
        result = getattr(self._real, self._point.function)(*changed)
        if after:
            self._flip(changed[at])
        return result

    def _flip(self, argument: object) -> None:
        place, bit = divmod(self._bit, 8)
        memoryview(curve.ffi.buffer(argument, place + 1)).cast("B")[place] ^= 1 << bit


def harmless_signatures(keys: Keyring, right: bytes) -> set[bytes]:
    """The right signature, and the valid ones of later tries: each has a nonce of its own."""
    node = keys._node(PATH[:-1]).child(PATH[-1])
    secret = int.from_bytes(node.secret, "big")
    tries = {reference(secret, DIGEST, count) for count in range(30)}
    return {right, *(sigencode_der(r, s, ORDER) for r, s in tries if r < 1 << 255)}


def outcome(sign: Callable[..., bytes], keys: Keyring, harmless: set[bytes]) -> str:
    try:
        return "harmless" if sign(keys, PATH, DIGEST) in harmless else "WRONG"
    except (CrossCheckFailed, Malformed):  # a bent public key may be no point at all
        return "caught"


SIGNERS: dict[str, Any] = {
    "ecdsa": (Keyring.sign_ecdsa, ECDSA),
    "schnorr": (Keyring.sign_schnorr, SCHNORR),
}


@pytest.mark.parametrize("kind", SIGNERS)
def test_no_flipped_bit_lets_a_wrong_signature_out(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    sign, points = SIGNERS[kind]
    keys = Keyring(bytearray(range(64)))
    harmless = harmless_signatures(keys, sign(keys, PATH, DIGEST))
    outcomes = Counter[str]()
    for point in points:
        for bit in range(8 * point.size):
            with monkeypatch.context() as patch:
                faulty = FaultyLibrary(point, bit)
                patch.setattr(curve, "lib", faulty)
                outcomes[outcome(sign, keys, harmless)] += 1
                assert faulty.hit
    assert outcomes["WRONG"] == 0
    # The rest: flips that change nothing, or that only let the search for a low r go on.
    assert outcomes["caught"] > 0.8 * outcomes.total()


@pytest.mark.parametrize("kind", SIGNERS)
def test_without_the_check_such_a_fault_gets_out(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    # The control: the flips do reach the signatures.
    sign, points = SIGNERS[kind]
    keys = Keyring(bytearray(range(64)))
    harmless = harmless_signatures(keys, sign(keys, PATH, DIGEST))
    monkeypatch.setattr(curve, f"verify_{kind}", lambda *_: True)
    monkeypatch.setattr(curve, "lib", FaultyLibrary(points[-1], 8 * 60))
    assert outcome(sign, keys, harmless) == "WRONG"


def test_a_fault_in_the_keyring_s_kept_nodes_is_caught_too() -> None:
    keys = Keyring(bytearray(range(64)))
    keys.sign_ecdsa(PATH, DIGEST)
    keys._nodes[PATH[:-1]].secret[7] ^= 1
    for sign in (keys.sign_ecdsa, keys.sign_schnorr):
        with pytest.raises(CrossCheckFailed):
            sign(PATH, DIGEST)
