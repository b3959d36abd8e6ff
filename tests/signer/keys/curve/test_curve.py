"""libsecp256k1 behind its guard, and python-ecdsa beside it."""

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signer.errors import CrossCheckFailed, Malformed
from signer.keys import curve
from signer.keys.curve import anti_exfil, musig, raw
from tests.signer.published import ROOT, cases, shared

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GENERATOR = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
DIGEST = bytes(range(32))
secrets = st.integers(1, ORDER - 1).map(lambda k: bytearray(k.to_bytes(32, "big")))
digests = st.binary(min_size=32, max_size=32)


def hexed(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


@pytest.mark.parametrize("case", cases("bip340"))
def test_published_schnorr_signatures_are_judged_as_published(case: dict[str, Any]) -> None:
    public, message, signature = hexed(case, "public_key", "message", "signature")
    for verify in (curve.verify_schnorr, curve.second_opinion_schnorr):
        try:
            verdict = verify(public, message, signature)
        except Malformed:  # the two whose public key is none
            verdict = False
        assert verdict is case["valid"]


@pytest.mark.parametrize(
    "case",
    [c for c in cases("bip340") if c.values[0]["secret"] and len(c.values[0]["message"]) == 64],
)
def test_published_schnorr_signatures_are_made_bit_for_bit(case: dict[str, Any]) -> None:
    secret, public, aux, message = hexed(case, "secret", "public_key", "aux", "message")
    signature = curve.sign_schnorr(bytearray(secret), message, public, aux=aux)
    assert signature.hex() == case["signature"]


def test_all_19_bip340_vectors_hold_for_both_verifiers() -> None:
    text = shared("bip340/test-vectors.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 19
    for row in rows:
        public, message, signature = hexed(row, "public key", "message", "signature")
        for verify in (curve.verify_schnorr, curve.second_opinion_schnorr):
            try:
                verdict = verify(public, message, signature)
            except Malformed:
                verdict = False
            assert verdict is (row["verification result"] == "TRUE"), row["index"]


def test_bip341_s_wallet_vectors_tweak_and_sign_as_published() -> None:
    vectors = json.loads(shared("bip341/wallet-test-vectors.json").read_text())
    for case in vectors["scriptPubKey"]:
        internal = bytes.fromhex(case["given"]["internalPubkey"])
        root = bytes.fromhex(case["intermediary"]["merkleRoot"] or "")
        assert curve.taproot_tweak(internal, root).hex() == case["intermediary"]["tweak"]
        output_key = curve.taproot_output_key(internal, root)
        assert output_key.hex() == case["intermediary"]["tweakedPubkey"]
    spends = vectors["keyPathSpending"][0]["inputSpending"]
    assert len(spends) == 7
    for case in spends:
        secret = bytearray.fromhex(case["given"]["internalPrivkey"])
        root = bytes.fromhex(case["given"]["merkleRoot"] or "")
        public = curve.public_key(secret)
        output_key = curve.taproot_output_key(public[1:], root)
        digest = bytes.fromhex(case["intermediary"]["sigHash"])
        signature = curve.sign_taproot(secret, digest, public, output_key, root)
        assert case["expected"]["witness"][0].startswith(signature.hex())


@given(secrets, digests)
def test_both_libraries_accept_what_we_sign_and_nothing_near_it(
    secret: bytearray, digest: bytes
) -> None:
    public = curve.public_key(secret)
    der = curve.sign_ecdsa(secret, digest, public)
    schnorr = curve.sign_schnorr(secret, digest, public[1:])
    other = bytes((digest[0] ^ 1,)) + digest[1:]
    assert curve.second_opinion_ecdsa(public, digest, der)
    assert curve.second_opinion_schnorr(public[1:], digest, schnorr)
    assert not curve.second_opinion_ecdsa(public, other, der)
    assert not curve.verify_ecdsa(public, other, der)
    assert not curve.second_opinion_schnorr(public[1:], other, schnorr)
    assert not curve.verify_schnorr(public[1:], other, schnorr)


@given(st.binary(max_size=80) | digests.map(lambda s: b"\x30\x44\x02\x20" + s + b"\x02\x20" + s))
@example(b"")
def test_both_verifiers_say_no_to_any_bytes_alike(signature: bytes) -> None:
    assert not curve.verify_ecdsa(GENERATOR, DIGEST, signature)
    assert not curve.second_opinion_ecdsa(GENERATOR, DIGEST, signature)
    assert not curve.verify_schnorr(GENERATOR[1:], DIGEST, signature[:64])
    assert not curve.second_opinion_schnorr(GENERATOR[1:], DIGEST, signature[:64])


@given(secrets, st.integers(1, ORDER - 1))
def test_tweaking_secret_and_public_key_leads_to_the_same_key(secret: bytearray, by: int) -> None:
    tweak = by.to_bytes(32, "big")
    if int.from_bytes(secret, "big") + by == ORDER:
        return
    expected = curve.tweak_public(curve.public_key(secret), tweak)
    curve.tweak_secret(secret, tweak)
    assert curve.public_key(secret) == expected


def test_a_tweak_that_leads_to_no_key_is_malformed() -> None:
    one = bytearray(bytes(31) + b"\1")
    for tweak in (ORDER - 1, ORDER):
        with pytest.raises(Malformed, match="next index"):
            curve.tweak_public(GENERATOR, tweak.to_bytes(32, "big"))
        with pytest.raises(Malformed, match="next index"):
            curve.tweak_secret(bytearray(one), tweak.to_bytes(32, "big"))


@pytest.mark.parametrize("number", [0, ORDER, ORDER + 1, (1 << 256) - 1])
def test_a_number_that_is_no_secret_key_makes_and_signs_nothing(number: int) -> None:
    secret = bytearray(number.to_bytes(32, "big"))
    with pytest.raises(Malformed):
        curve.public_key(secret)
    with pytest.raises(CrossCheckFailed):
        curve.sign_ecdsa(secret, DIGEST, GENERATOR)
    with pytest.raises(CrossCheckFailed):
        curve.sign_schnorr(secret, DIGEST, GENERATOR[1:])


def test_a_signature_under_another_key_than_expected_never_comes_out() -> None:
    two = bytearray(bytes(31) + b"\2")
    with pytest.raises(CrossCheckFailed):
        curve.sign_ecdsa(two, DIGEST, GENERATOR)
    with pytest.raises(CrossCheckFailed):
        curve.sign_schnorr(two, DIGEST, GENERATOR[1:])
    with pytest.raises(CrossCheckFailed):
        curve.sign_recoverable(two, DIGEST, GENERATOR)


# Each public function with its bytes arguments and their only right lengths. A length that
# reached libsecp256k1 would end this process or read beyond the buffer.
SECRET = bytes(31) + b"\1"
CALLS = {
    "public_key": ((SECRET,), lambda k: curve.public_key(bytearray(k))),
    "check_public_key": ((GENERATOR,), curve.check_public_key),
    "tweak_secret": ((SECRET, SECRET), lambda k, t: curve.tweak_secret(bytearray(k), t)),
    "tweak_public": ((GENERATOR, SECRET), curve.tweak_public),
    "taproot_tweak": ((SECRET,), curve.taproot_tweak),
    "taproot_output_key": ((GENERATOR[1:], SECRET), curve.taproot_output_key),
    "sign_ecdsa": (
        (SECRET, DIGEST, GENERATOR),
        lambda k, d, p: curve.sign_ecdsa(bytearray(k), d, p),
    ),
    "sign_schnorr": (
        (SECRET, DIGEST, GENERATOR[1:], DIGEST),
        lambda k, d, p, a: curve.sign_schnorr(bytearray(k), d, p, a),
    ),
    "sign_taproot": (
        (SECRET, DIGEST, GENERATOR, curve.taproot_output_key(GENERATOR[1:], DIGEST), DIGEST),
        lambda k, d, p, o, r: curve.sign_taproot(bytearray(k), d, p, o, r),
    ),
    "sign_recoverable": (
        (SECRET, DIGEST),
        lambda k, d: curve.sign_recoverable(bytearray(k), d, GENERATOR),
    ),
    "recover": ((DIGEST, bytes(65)), curve.recover),
    "verify_ecdsa": ((GENERATOR, DIGEST), lambda p, d: curve.verify_ecdsa(p, d, b"")),
    "verify_schnorr": ((GENERATOR[1:],), lambda p: curve.verify_schnorr(p, b"", bytes(64))),
    "second_opinion_ecdsa": (
        (GENERATOR, DIGEST),
        lambda p, d: curve.second_opinion_ecdsa(p, d, b""),
    ),
    "second_opinion_schnorr": (
        (GENERATOR[1:],),
        lambda p: curve.second_opinion_schnorr(p, b"", bytes(64)),
    ),
}


@pytest.mark.parametrize("name", CALLS)
@given(data=st.data())
def test_an_argument_of_any_other_length_is_malformed(name: str, data: st.DataObject) -> None:
    arguments, call = CALLS[name]
    place = data.draw(st.integers(0, len(arguments) - 1))
    right = len(arguments[place])
    wrong = data.draw(st.binary(max_size=100).filter(lambda b: b and len(b) != right))
    with pytest.raises(Malformed, match=f"not {len(wrong)}"):
        call(*arguments[:place], wrong, *arguments[place + 1 :])


@given(st.binary(min_size=33, max_size=33))
def test_any_33_bytes_are_a_point_for_both_libraries_or_for_neither(public: bytes) -> None:
    verdicts = []
    for verify in (curve.verify_ecdsa, curve.second_opinion_ecdsa):
        try:
            verdicts.append(verify(public, DIGEST, b""))
        except Malformed:
            verdicts.append(None)
    assert verdicts[0] is verdicts[1]


@pytest.mark.parametrize("size", [2, 9, 256, 257, 100_000])
def test_erasing_reaches_the_very_bytes_that_were_handed_in(size: int) -> None:
    text = b"".join((b"x", b"y" * (size - 1)))
    buffer = bytearray(text)
    curve.erase(text)
    curve.erase(buffer)
    assert text == bytes(size)
    assert buffer == bytes(size)


def test_erasing_leaves_the_bytes_that_python_shares_alone() -> None:
    curve.erase(b"")
    curve.erase(b"x"[:1])
    assert bytes((120,)) == b"x"


def test_what_is_not_needed_at_once_is_not_imported_at_once() -> None:
    # python-ecdsa until a signature is judged again, and the walk over a package's directory.
    code = "import sys, signer.chains.bitcoin; print('\\n'.join(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"ecdsa", "pkgutil", "mnemonic"} & set(run.stdout.split()) == set()


class Spy:
    """libsecp256k1, remembering the arguments of one of its functions."""

    def __init__(self, watched: str) -> None:
        self._real, self._watched = raw.lib, watched
        self.seen: list[tuple[object, ...]] = []

    def __getattr__(self, name: str) -> object:
        return self._noted if name == self._watched else getattr(self._real, name)

    def _noted(self, *arguments: object) -> object:
        self.seen.append(arguments)
        return getattr(self._real, self._watched)(*arguments)


ALONE = musig.Group((GENERATOR,))


def drawn(digest: bytes, extra: bytes) -> object:
    secrets = (bytearray(SECRET), bytearray(b"\1" * 32))
    return musig.musig_nonce(ALONE, 0, digest, secrets, extra)


def tweaked(tweak: bytes, *, xonly: bool) -> object:
    return musig.Group(ALONE.public_keys, (musig.Tweak(tweak, xonly=xonly),)).public_key


# What has 32 bytes, and the function of the library that would read so many of fewer.
READ: dict[str, tuple[Callable[[bytes], object], str]] = {
    "ecdsa": (lambda d: curve.sign_ecdsa(bytearray(SECRET), d, GENERATOR), "secp256k1_ecdsa_sign"),
    "recoverable": (
        lambda d: curve.sign_recoverable(bytearray(SECRET), d, GENERATOR),
        "secp256k1_ecdsa_sign_recoverable",
    ),
    "schnorr": (
        lambda d: curve.sign_schnorr(bytearray(SECRET), d, GENERATOR[1:]),
        "secp256k1_schnorrsig_sign32",
    ),
    "musig, digest": (lambda d: drawn(d, DIGEST), "secp256k1_musig_nonce_gen"),
    "musig, extra": (lambda extra: drawn(DIGEST, extra), "secp256k1_musig_nonce_gen"),
    "musig, tweak": (lambda t: tweaked(t, xonly=False), "secp256k1_musig_pubkey_ec_tweak_add"),
    "musig, x-only": (lambda t: tweaked(t, xonly=True), "secp256k1_musig_pubkey_xonly_tweak_add"),
}


@pytest.mark.parametrize("size", [0, 31, 33])
@pytest.mark.parametrize("name", READ)
def test_what_has_another_length_never_reaches_the_library(
    monkeypatch: pytest.MonkeyPatch, name: str, size: int
) -> None:
    call, watched = READ[name]
    spy = Spy(watched)
    monkeypatch.setattr(raw, "lib", spy)
    with pytest.raises(Malformed, match=f"not {size}"):
        call(bytes(size))
    assert spy.seen == []
    call(DIGEST)
    assert spy.seen


def joint_signature(key: bytearray) -> bytes:
    group = musig.Group((curve.public_key(key),))
    random = bytearray(b"\1" * 32)
    secret_nonce, nonce = musig.musig_nonce(group, 0, DIGEST, (key, random), bytes(32))
    return musig.musig_sign(musig.Session(group, (nonce,), DIGEST), 0, key, secret_nonce)


def taproot_signature(key: bytearray) -> bytes:
    public = curve.public_key(key)
    return curve.sign_taproot(key, DIGEST, public, curve.taproot_output_key(public[1:]))


# Each signature with the function of the library that sees a buffer of ours with a secret in it,
# and the place of that buffer among its arguments.
BUFFERS: dict[str, tuple[Callable[[bytearray], bytes], str, int]] = {
    "schnorr": (
        lambda key: curve.sign_schnorr(key, DIGEST, curve.public_key(key)[1:]),
        "secp256k1_keypair_create",
        1,
    ),
    "taproot": (taproot_signature, "secp256k1_ec_seckey_tweak_add", 1),
    "musig, the key pair": (joint_signature, "secp256k1_keypair_create", 1),
    "musig, the nonce": (joint_signature, "secp256k1_musig_nonce_gen", 1),
    "musig, the randomness": (joint_signature, "secp256k1_musig_nonce_gen", 3),
    "anti-exfil": (
        lambda key: anti_exfil.sign(key, DIGEST, curve.public_key(key), bytes(32)),
        "secp256k1_ecdsa_sign",
        5,
    ),
    "anti-exfil, first round": (
        lambda key: anti_exfil.signer_commitment(key, DIGEST, bytes(32)),
        "secp256k1_nonce_function_rfc6979",
        0,
    ),
}


@pytest.mark.parametrize("name", BUFFERS)
def test_what_held_a_secret_is_zero_when_the_signature_is_there(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    sign, watched, place = BUFFERS[name]
    spy = Spy(watched)
    monkeypatch.setattr(raw, "lib", spy)
    assert sign(bytearray(SECRET))
    assert [any(bytes(raw.buffer(arguments[place]))) for arguments in spy.seen] == [False]


def der(r: int, s: int) -> bytes:
    """Strict DER (SEC 1, C.5)."""
    numbers = (n.to_bytes(n.bit_length() // 8 + 1, "big") for n in (r, s))
    body = b"".join(b"\x02" + bytes((len(number),)) + number for number in numbers)
    return b"\x30" + bytes((len(body),)) + body


def test_the_other_s_of_a_signature_is_refused_by_both_libraries() -> None:
    """BIP146: whoever relays a transaction could else give it another identifier."""
    secret = bytearray(range(1, 33))
    public = curve.public_key(secret)
    made = curve.sign_ecdsa(secret, DIGEST, public)
    r_length = made[3]
    r = int.from_bytes(made[4 : 4 + r_length], "big")
    s = int.from_bytes(made[6 + r_length :], "big")
    for verify in (curve.verify_ecdsa, curve.second_opinion_ecdsa):
        assert verify(public, DIGEST, der(r, s))
        assert not verify(public, DIGEST, der(r, ORDER - s))
        assert not verify(public, DIGEST, der(r, 0))


def test_a_schnorr_signature_of_another_length_is_refused_by_both_libraries() -> None:
    secret = bytearray(range(1, 33))
    public = curve.public_key(secret)[1:]
    made = curve.sign_schnorr(secret, DIGEST, public)
    for verify in (curve.verify_schnorr, curve.second_opinion_schnorr):
        assert verify(public, DIGEST, made)
        assert not verify(public, DIGEST, made + b"\x00")
        assert not verify(public, DIGEST, made[:-1])
        # As numbers, r and s would be the same.
        assert not verify(public, DIGEST, made[:32] + b"\x00" + made[32:])


def test_r_is_low_up_to_its_very_limit() -> None:
    """As Bitcoin Core grinds: 7f is low enough, so some signatures begin with it."""
    secret = bytearray(range(1, 33))
    public = curve.public_key(secret)
    made = [curve.sign_ecdsa(secret, n.to_bytes(32, "big"), public) for n in range(1_000)]
    firsts = {one[4] for one in made if one[3] == 32}
    assert max(firsts) == 0x7F


def test_what_cannot_be_recovered_gives_no_key() -> None:
    """Ids are 0 to 3: the library itself would end the process for others."""
    secret = bytearray(range(1, 33))
    public = curve.public_key(secret)
    made = curve.sign_recoverable(secret, DIGEST, public)
    assert curve.recover(DIGEST, made) == public
    for number in (4, 5, 0x80, 0xFF):
        assert curve.recover(DIGEST, bytes((number,)) + made[1:]) is None
    for digest in (DIGEST[:-1], DIGEST + b"\x00"):
        with pytest.raises(Malformed):
            curve.recover(digest, made)
        with pytest.raises(Malformed):
            curve.sign_recoverable(secret, digest, public)
