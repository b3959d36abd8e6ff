"""Proofs of one secret behind two points (BIP374): every published case, and what no proof does."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import CrossCheckFailed, Malformed
from signer.hashes import tagged_hash
from signer.keys import curve
from signer.keys.curve import dleq, points, raw
from signer.keys.curve.points import GENERATOR
from tests.signer.published import cases, shared

AUX = bytes(32)
SECRET = bytes(range(1, 33))
BASE = curve.public_key(bytearray(b"\x11" * 32))
PUBLIC, SHARE = curve.public_key(bytearray(SECRET)), points.shared_point(bytearray(SECRET), BASE)
PROOF = dleq.prove(bytearray(SECRET), BASE, AUX)


def row(text: dict[str, str], *names: str) -> list[bytes]:
    return [bytes.fromhex(text[name]) for name in names]


def prove(case: dict[str, str]) -> str:
    (secret, aux, message, generator) = row(case, "scalar_a", "auxrand_r", "message", "point_G")
    base = bytes(33) if case["point_B"] == "INFINITY" else bytes.fromhex(case["point_B"])
    try:
        return dleq.prove(bytearray(secret), base, aux, message, generator).hex()
    except Malformed:
        return "INVALID"


def verify(case: dict[str, str]) -> bool:
    return dleq.verify(*row(case, "point_A", "point_B", "point_C", "proof", "message", "point_G"))


@pytest.mark.parametrize("case", cases("bip374", "generate"))
def test_published_proofs_are_made_bit_for_bit(case: dict[str, str]) -> None:
    assert prove(case) == case["result_proof"]


@pytest.mark.parametrize("case", cases("bip374", "verify"))
def test_published_proofs_are_judged_as_published(case: dict[str, str]) -> None:
    assert verify(case) is (case["result_success"] == "TRUE")


def test_all_11_published_proofs_are_made_and_all_15_judged_as_published() -> None:
    made = shared("bip374/test_vectors_generate_proof.csv").read_text().splitlines()
    judged = shared("bip374/test_vectors_verify_proof.csv").read_text().splitlines()
    results = [prove(case) == case["result_proof"] for case in csv.DictReader(made)]
    assert results == [True] * 11
    verdicts = [
        verify(case) is (case["result_success"] == "TRUE") for case in csv.DictReader(judged)
    ]
    assert verdicts == [True] * 15


def test_the_same_secret_and_base_always_give_the_same_proof() -> None:
    assert dleq.prove(bytearray(SECRET), BASE, AUX) == PROOF
    assert dleq.verify(PUBLIC, BASE, SHARE, PROOF)


@given(st.integers(0, 64 * 8 - 1))
def test_a_proof_with_one_bit_turned_proves_nothing(bit: int) -> None:
    turned = bytearray(PROOF)
    turned[bit // 8] ^= 1 << bit % 8
    assert not dleq.verify(PUBLIC, BASE, SHARE, bytes(turned))


@given(st.integers(0, 2), st.binary(min_size=32, max_size=32))
def test_a_proof_holds_for_no_other_points(place: int, secret: bytes) -> None:
    stated = [PUBLIC, BASE, SHARE]
    try:
        stated[place] = curve.public_key(bytearray(secret))
    except Malformed:
        return
    public, base, share = stated
    assert dleq.verify(public, base, share, PROOF) is (stated == [PUBLIC, BASE, SHARE])


def test_a_proof_holds_for_its_message_and_generator_only() -> None:
    proof = dleq.prove(bytearray(SECRET), BASE, AUX, b"m" * 32)
    assert dleq.verify(PUBLIC, BASE, SHARE, proof, b"m" * 32)
    assert not dleq.verify(PUBLIC, BASE, SHARE, proof)
    assert not dleq.verify(PUBLIC, BASE, SHARE, proof, b"n" * 32)
    assert not dleq.verify(PUBLIC, BASE, SHARE, proof, b"m" * 32, BASE)


def test_other_auxiliary_data_make_another_proof_of_the_same() -> None:
    other = dleq.prove(bytearray(SECRET), BASE, b"\1" * 32)
    assert other != PROOF
    assert dleq.verify(PUBLIC, BASE, SHARE, other)


ORDER = (2**256 - 0x14551231950B75FC4402DA1732FC9BEBF).to_bytes(32, "big")


@pytest.mark.parametrize(
    "proof",
    [
        b"",
        PROOF[:-1],
        PROOF + b"\0",
        PROOF[:32] + bytes(32),
        bytes(32) + PROOF[32:],
        bytes(64),
        PROOF[:32] + ORDER,
        ORDER + PROOF[32:],
        b"\xff" * 64,
    ],
)
def test_what_is_no_proof_proves_nothing(proof: bytes) -> None:
    assert not dleq.verify(PUBLIC, BASE, SHARE, proof)


@given(st.binary(max_size=70), st.sampled_from(["public", "base", "share", "generator"]))
def test_bytes_that_are_no_point_are_malformed(data: bytes, place: str) -> None:
    told = {"public": PUBLIC, "base": BASE, "share": SHARE, "generator": GENERATOR, place: data}
    try:
        curve.check_public_key(data)
    except Malformed:
        with pytest.raises(Malformed):
            dleq.verify(
                told["public"], told["base"], told["share"], PROOF, generator=told["generator"]
            )


@pytest.mark.parametrize("what", ["aux", "message", "secret"])
def test_inputs_of_another_length_are_malformed(what: str) -> None:
    told = {"secret": SECRET, "aux": AUX, "message": b"", what: b"abc"}
    with pytest.raises(Malformed, match="not 3"):
        dleq.prove(bytearray(told["secret"]), BASE, told["aux"], told["message"])


def test_a_proof_made_wrong_by_a_fault_never_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dleq, "_answer", lambda *_: PROOF[32:])
    with pytest.raises(CrossCheckFailed):
        dleq.prove(bytearray(SECRET), BASE, b"\2" * 32)


def test_every_secret_made_on_the_way_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def watched(data: bytes | bytearray) -> None:
        seen.append(bytes(bytearray(data)))
        curve.erase(data)
        assert not any(data)

    monkeypatch.setattr(raw, "erase", watched)
    dleq.prove(bytearray(SECRET), BASE, AUX)
    masked = bytes(a ^ b for a, b in zip(SECRET, tagged_hash("BIP0374/aux", AUX), strict=True))
    assert masked in seen
    assert len(seen) == 4  # that, the hash that is the nonce, its own buffer, the answer


@pytest.mark.parametrize("length", [1, 31, 33, 64])
def test_a_message_has_32_bytes_or_none(length: int) -> None:
    with pytest.raises(Malformed):
        dleq.prove(bytearray(SECRET), BASE, AUX, bytes(length))
    with pytest.raises(Malformed):
        dleq.verify(PUBLIC, BASE, SHARE, PROOF, bytes(length))
