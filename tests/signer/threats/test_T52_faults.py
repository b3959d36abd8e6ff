"""T52: one faulty deterministic signature beside a good one of the same message gives the key away.

Every single bit is flipped once, thousands in all: of the keys while they are derived, of the
digest and the key as they reach the signing code, of the nonce where it is ours, of the key pair,
the signature and its encoding. None of them lets out a signature that does not hold, or, where the
bytes are determined, one that shares its nonce with another.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from ecdsa.util import sigencode_der

from signer.errors import CrossCheckFailed, Malformed
from signer.keys import curve, exfil, musig
from signer.keys.curve import anti_exfil, ecdsa, raw, schnorr
from signer.keys.curve import musig as musig_arithmetic
from signer.keys.curve.musig import Session, musig_verify
from signer.keys.keyring import Keyring
from signer.keys.path import Path, parse
from tests.nights import IS_NIGHT
from tests.signer.rfc6979 import ORDER, reference

PATH = parse("m/84h/1h/0h/0/5")
DIGEST = bytes(range(32))
ENTROPY = bytes(range(100, 132))


class Point(NamedTuple):
    """Where bits flip: in so many bytes of one argument of one function, before or after it ran.

    At its `nth` call, and from byte `start` on.
    """

    function: str
    argument: int
    size: int
    after: bool = False
    nth: int = 1
    start: int = 0


DERIVING = [
    Point("secp256k1_ec_seckey_tweak_add", 1, 32),
    Point("secp256k1_ec_seckey_tweak_add", 2, 32),
    Point("secp256k1_ec_seckey_tweak_add", 1, 32, after=True),
    Point("secp256k1_ec_pubkey_combine", 1, 64, after=True),
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
    Point("secp256k1_ec_seckey_negate", 1, 32, after=True),
    Point("secp256k1_ec_seckey_tweak_add", 1, 32, nth=2),
    Point("secp256k1_ec_seckey_tweak_add", 2, 32, nth=2),
    Point("secp256k1_ec_seckey_tweak_add", 1, 32, nth=2, after=True),
    Point("secp256k1_schnorrsig_sign32", 2, 32),
    Point("secp256k1_schnorrsig_sign32", 1, 64, after=True),
]
ANTI_EXFIL = [
    *DERIVING,
    Point("secp256k1_nonce_function_rfc6979", 0, 32, after=True),
    Point("secp256k1_nonce_function_rfc6979", 2, 32),
    Point("secp256k1_ec_pubkey_create", 1, 64, after=True),
    Point("secp256k1_ec_seckey_tweak_add", 1, 32, nth=2),
    Point("secp256k1_ec_seckey_tweak_add", 1, 32, nth=2, after=True),
    Point("secp256k1_ecdsa_sign", 2, 32),
    Point("secp256k1_ecdsa_sign", 3, 32),
    Point("secp256k1_ecdsa_sign", 5, 32),
    Point("secp256k1_ecdsa_signature_serialize_der", 1, 70, after=True),
]
MUSIG = [
    Point("secp256k1_ec_seckey_tweak_add", 1, 32, nth=2),
    Point("secp256k1_musig_pubnonce_serialize", 1, 66, after=True),
    Point("secp256k1_musig_nonce_process", 3, 32),
    Point("secp256k1_keypair_create", 2, 32),
    Point("secp256k1_keypair_create", 1, 96, after=True),
    # Behind its mark, without which the library ends the process, are the nonce's two numbers.
    Point("secp256k1_musig_partial_sign", 2, 64, start=4),
    Point("secp256k1_musig_partial_sig_serialize", 1, 32, after=True),
]


class FaultyLibrary:
    """libsecp256k1 with one bit flipped at one point."""

    def __init__(self, point: Point, bit: int) -> None:
        self._real = raw.lib
        self._point = point
        self._bit = bit
        self._calls = 0

    @property
    def hit(self) -> bool:
        return self._calls >= self._point.nth

    def __getattr__(self, name: str) -> object:
        return self._counted if name == self._point.function else getattr(self._real, name)

    def _counted(self, *arguments: object) -> object:
        self._calls += 1
        if self._calls == self._point.nth:
            return self._faulty(*arguments)
        return getattr(self._real, self._point.function)(*arguments)

    def _faulty(self, *arguments: object) -> object:
        at, after = self._point.argument, self._point.after
        changed = list(arguments)
        if not after and isinstance(changed[at], bytes):  # the caller's own bytes stay as they are
            changed[at] = raw.ffi.new("unsigned char[32]", changed[at])
        if not after:
            self._flip(changed[at])
        result = getattr(self._real, self._point.function)(*changed)
        if after:
            self._flip(changed[at])
        return result

    def _flip(self, argument: object) -> None:
        place, bit = divmod(self._bit + 8 * self._point.start, 8)
        memoryview(raw.ffi.buffer(argument, place + 1)).cast("B")[place] ^= 1 << bit


Judge = Callable[[Keyring, bytes], bool]


def among_the_right_ones(sign: Callable[..., bytes]) -> Judge:
    """The right signature, and the valid ones of later tries: each has a nonce of its own."""
    keys = Keyring(bytearray(range(64)))
    node = keys._node(PATH[:-1]).child(PATH[-1])
    secret = int.from_bytes(node.secret, "big")
    tries = {reference(secret, DIGEST, count) for count in range(30)}
    right = {sigencode_der(r, s, ORDER) for r, s in tries if r < 1 << 255}
    right.add(sign(keys, PATH, DIGEST))
    return lambda _, signature: signature in right


def sign_with_the_host(keys: Keyring, path: Path, digest: bytes) -> bytes:
    return exfil.sign(keys, path, digest, ENTROPY, exfil.host_commitment(ENTROPY))


def holds(keys: Keyring, signature: bytes) -> bool:
    return curve.second_opinion_ecdsa(keys.public_key(PATH), DIGEST, signature)


def sign_jointly(keys: Keyring, path: Path, digest: bytes) -> bytes:
    """A group of one, so that its part must verify beside the public nonce in front of it."""
    group = musig.group([keys.public_key(path)])
    nonce = musig.begin(keys, path, group, digest, bytearray(b"\1" * 32))
    return nonce + musig.sign(keys, path, Session(group, (nonce,), digest))


def is_part(keys: Keyring, signed: bytes) -> bool:
    group = musig.group([keys.public_key(PATH)])
    return musig_verify(Session(group, (signed[:66],), DIGEST), 0, signed[66:])


class Kind(NamedTuple):
    sign: Callable[..., bytes]
    points: list[Point]
    judge: Callable[[], Judge]
    check: tuple[Any, str]


KINDS = {
    "ecdsa": Kind(
        Keyring.sign_ecdsa,
        ECDSA,
        lambda: among_the_right_ones(Keyring.sign_ecdsa),
        (ecdsa, "verify_ecdsa"),
    ),
    "schnorr": Kind(
        Keyring.sign_schnorr,
        SCHNORR,
        lambda: among_the_right_ones(Keyring.sign_schnorr),
        (schnorr, "verify_schnorr"),
    ),
    "anti-exfil": Kind(sign_with_the_host, ANTI_EXFIL, lambda: holds, (anti_exfil, "verify")),
    "musig": Kind(sign_jointly, MUSIG, lambda: is_part, (musig_arithmetic, "musig_verify")),
}


STEP = 1 if IS_NIGHT else 3  # bits: by day every third is flipped


def outcome(kind: Kind, keys: Keyring, judge: Judge, faulty: FaultyLibrary) -> str:
    """What one flipped bit does; the verdict is spoken by the library without it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw, "lib", faulty)
        try:
            signed = kind.sign(keys, PATH, DIGEST)
        except (CrossCheckFailed, Malformed):  # a bent public key may be no point at all
            return "caught"
    return "harmless" if judge(keys, signed) else "WRONG"


@pytest.mark.parametrize("name", KINDS)
def test_no_flipped_bit_lets_a_wrong_signature_out(name: str) -> None:
    kind, keys = KINDS[name], Keyring(bytearray(range(64)))
    kind.sign(keys, PATH, DIGEST)
    judge, outcomes = kind.judge(), Counter[str]()
    for point in kind.points:
        for bit in range(0, 8 * point.size, STEP):
            faulty = FaultyLibrary(point, bit)
            outcomes[outcome(kind, keys, judge, faulty)] += 1
            assert faulty.hit
    assert outcomes.total() > 1000 / STEP
    assert outcomes["WRONG"] == 0
    # The rest: flips that change nothing, or that only let the search for a low r go on.
    assert outcomes["caught"] > 0.75 * outcomes.total()


@pytest.mark.parametrize("name", KINDS)
def test_without_the_check_such_a_fault_gets_out(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # The control: the flips do reach the signatures.
    kind, keys = KINDS[name], Keyring(bytearray(range(64)))
    judge = kind.judge()
    monkeypatch.setattr(*kind.check, lambda *_: True)
    assert outcome(kind, keys, judge, FaultyLibrary(kind.points[-1], 8 * 30)) == "WRONG"


def test_a_fault_in_the_keyring_s_kept_nodes_is_caught_too() -> None:
    keys = Keyring(bytearray(range(64)))
    keys.sign_ecdsa(PATH, DIGEST)
    keys._nodes[PATH[:-1]].secret[7] ^= 1
    for sign in (keys.sign_ecdsa, keys.sign_schnorr):
        with pytest.raises(CrossCheckFailed):
            sign(PATH, DIGEST)


def test_a_fault_while_parts_are_combined_lets_nothing_out() -> None:
    keys = Keyring(bytearray(range(64)))
    group = musig.group([keys.public_key(PATH)])
    nonce = musig.begin(keys, PATH, group, DIGEST, bytearray(b"\1" * 32))
    session = Session(group, (nonce,), DIGEST)
    part = musig.sign(keys, PATH, session)
    for bit in range(8 * 64):
        with pytest.MonkeyPatch.context() as patch:
            point = Point("secp256k1_musig_partial_sig_agg", 1, 64, after=True)
            patch.setattr(raw, "lib", FaultyLibrary(point, bit))
            with pytest.raises(CrossCheckFailed):
                musig.combine(session, [part])
    assert curve.verify_schnorr(group.public_key[1:], DIGEST, musig.combine(session, [part]))
