"""Encrypted envelopes (KEF) against those that their inventors published and compute."""

import hashlib
import json
import zlib
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.payload import envelopes, radix, reader
from signer.formats.payload.envelopes import MOST_ITERATIONS, VERSIONS
from signer.formats.payload.values import EncryptedSeed, SeedCode
from signer.formats.qr import bbqr, ur
from signer.keys.backups import kef

VECTORS = json.loads((Path(__file__).parents[3] / "vectors/kef.json").read_text())
PASSWORDS = {"published": b"test key", "computed": b"correct horse battery"}
CASES = [(PASSWORDS[kind], case) for kind in PASSWORDS for case in VECTORS[kind]]
NONCE = bytes(range(12))


def envelope_of(case: dict[str, str]) -> EncryptedSeed:
    envelope = envelopes.envelope_of(bytes.fromhex(case["envelope"]))
    assert envelope
    return envelope


def test_there_is_a_vector_of_every_version() -> None:
    assert {case["version"] for case in VECTORS["computed"]} == set(VERSIONS)
    assert len(CASES) == 48


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_inventors_encrypted_is_decrypted(version: int) -> None:
    for password, case in CASES:
        if case["version"] == version:
            envelope = envelope_of(case)
            assert kef.decrypt(envelope, password).hex() == case["plaintext"]
            assert envelopes.encoded(envelope).hex() == case["envelope"]


@pytest.mark.parametrize("version", VERSIONS)
def test_another_password_and_a_changed_envelope_are_one_answer(version: int) -> None:
    case = next(case for case in VECTORS["computed"] if case["version"] == version)
    envelope, password = envelope_of(case), PASSWORDS["computed"]
    with pytest.raises(kef.WrongPassword):
        kef.decrypt(envelope, b"Correct horse battery")
    payload = bytearray(envelope.payload)
    payload[-5 - VERSIONS[version].check_size] ^= 1  # of the ciphertext
    changed = EncryptedSeed(envelope.salt, version, envelope.iterations, bytes(payload))
    with pytest.raises(kef.WrongPassword):
        kef.decrypt(changed, password)
    renamed = EncryptedSeed(b"73c5da0b", version, envelope.iterations, envelope.payload)
    with pytest.raises(kef.WrongPassword):
        kef.decrypt(renamed, password)


@pytest.mark.parametrize("size", [16, 20, 24, 28, 32])
def test_a_new_envelope_is_what_another_library_makes(size: int) -> None:
    seed = bytes(range(100, 100 + size))
    envelope = kef.encrypt(bytearray(seed), b"a long password", b"73c5da0a", NONCE)
    key = hashlib.pbkdf2_hmac("sha256", b"a long password", b"73c5da0a", 200_000)
    whole = AESGCM(key).encrypt(NONCE, seed, None)
    body, tag = whole[:size], whole[size:]
    head = b"\x0873c5da0a" + b"\x14" + (20).to_bytes(3, "big")
    assert envelopes.encoded(envelope) == head + NONCE + body + tag[:4]
    assert kef.decrypt(envelope, b"a long password") == seed


@settings(max_examples=30)
@given(st.binary(min_size=16, max_size=32), st.binary(min_size=1, max_size=40))
def test_round_trips(seed: bytes, password: bytes) -> None:
    envelope = kef.encrypt(bytearray(seed), password, b"x", NONCE, 10_000)
    assert envelopes.envelope_of(envelopes.encoded(envelope)) == envelope
    assert kef.decrypt(envelope, password) == seed


def test_it_is_read_from_every_carrier() -> None:
    data = bytes.fromhex(VECTORS["published"][-1]["envelope"])
    texts = (
        data.hex(),
        data.hex().upper(),
        b64encode(data).decode(),
        radix.encode(data, radix.BASE43),
        radix.encode(data, radix.BASE58) + "\n",
        ur.render(ur.Ur("bytes", cbor.encode(data))),
    )
    for text in texts:
        assert reader.read(text) == envelope_of(VECTORS["published"][-1])
    assert reader.read(data) == reader.read(bbqr.BbqrFile("B", data)) == reader.read(texts[0])


def test_the_bound_of_work_is_named_and_nothing_is_done_for_it() -> None:
    data = bytearray.fromhex(VECTORS["published"][-1]["envelope"])
    for count, iterations in ((200, 2_000_000), (10_001, 10_001), (1, 10_000)):
        data[9:12] = count.to_bytes(3, "big")
        envelope = envelopes.envelope_of(bytes(data))
        assert envelope
        assert envelope.iterations == iterations <= MOST_ITERATIONS
    for count, named in ((201, "2,010,000"), (10_000, "100,000,000"), (2_000_001, "2,000,001")):
        data[9:12] = count.to_bytes(3, "big")
        with pytest.raises(Malformed, match=f"asks for {named} rounds"):
            reader.read(bytes(data))
    data[9:12] = bytes(3)
    assert envelopes.envelope_of(bytes(data)) is None


def test_a_text_that_inflates_without_end_is_not_followed() -> None:
    key = hashlib.pbkdf2_hmac("sha256", b"password", b"x", 10_000)
    deflater = zlib.compressobj(wbits=-15)
    bomb = deflater.compress(bytes(500_000)) + deflater.flush()
    whole = AESGCM(key).encrypt(NONCE, bomb, None)
    payload = NONCE + whole[: len(bomb)] + whole[len(bomb) :][:4]
    assert len(payload) < 1000
    with pytest.raises(kef.WrongPassword):
        kef.decrypt(EncryptedSeed(b"x", 21, 10_000, payload), b"password")


def test_a_compact_code_of_a_seed_is_taken_for_no_envelope() -> None:
    for number in range(4000):
        for size in (16, 24, 32):
            entropy = hashlib.sha256(number.to_bytes(4, "big")).digest()[:size]
            if not entropy.isascii():
                assert isinstance(reader.read(entropy), SeedCode)


@pytest.mark.parametrize("second", ["Name: ours", "", "Grüße"])
def test_a_text_whose_first_line_is_as_long_as_a_label_is_a_text(second: str) -> None:
    first = "# Coldcard Multisig setup file (x)".ljust(36, ".")
    assert len(first) == 1 + ord("#")
    for length in range(40, 120):
        text = "\n".join((first, second, "x" * length)).encode()
        assert envelopes.envelope_of(text) is None


@pytest.mark.parametrize("label", [b"", b"a" * 253])
def test_a_label_that_no_envelope_says(label: bytes) -> None:
    with pytest.raises(Malformed):
        envelopes.encoded(EncryptedSeed(label, 20, 10_000, bytes(32)))


@pytest.mark.parametrize("iterations", [0, 1, 9_999, 10_001 << 14])
def test_iterations_that_no_envelope_says(iterations: int) -> None:
    with pytest.raises(Malformed):
        envelopes.encoded(EncryptedSeed(b"x", 20, iterations, bytes(32)))
