"""Signatures with the host's part in their nonces: Jade's published cases, and the protocol."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ecdsa import SECP256k1
from ecdsa.rfc6979 import generate_k
from ecdsa.util import sigdecode_der
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.transactions import script, sighash, tx
from signer.chains.bitcoin.transactions.tx import Tx, TxInput, TxOutput
from signer.errors import CommonReason, CrossCheckFailed, Malformed, Refused
from signer.hashes import double_sha256, hash160
from signer.keys import curve, exfil
from signer.keys.curve import anti_exfil, raw
from signer.keys.keyring import Keyring
from signer.keys.path import parse
from signer.keys.seeds import mnemonic
from tests.kernel import verdicts
from tests.signer.published import shared
from tests.signer.rfc6979 import ORDER

# The test seed that Jade's published cases are made with.
JADE = (
    "fish inner face ginger orchard permit useful method fence kidney chuckle party "
    "favorite sunset draw limb science crane oval letter slot invite sadness banana"
)
PATH = parse("m/84h/1h/0h/0/5")
DIGEST = bytes(range(32))
ENTROPY = bytes(range(100, 132))
POINT = b"\2" + bytes(31) + b"\1"
digests = st.binary(min_size=32, max_size=32)
Case = dict[str, Any]


@pytest.fixture(scope="module")
def jade() -> Keyring:
    return Keyring(mnemonic.seed_from_words(JADE.split()))


@pytest.fixture(scope="module")
def keys() -> Keyring:
    return Keyring(bytearray(range(64)))


def published(name: str) -> Case:
    case: Case = json.loads(shared(f"jade/{name}.json").read_text())
    return case


def both_rounds(keys: Keyring, request: Case, digest: bytes) -> tuple[str, bytes]:
    """The commitment, and the signature that a host then accepts, for one published request."""
    path = tuple(request["path"])
    commitment = bytes.fromhex(request["ae_host_commitment"])
    entropy = bytes.fromhex(request["ae_host_entropy"])
    assert exfil.host_commitment(entropy) == commitment
    point = exfil.commit(keys, path, digest, commitment)
    signature = exfil.sign(keys, path, digest, entropy, commitment)
    assert exfil.verify(keys.public_key(path), digest, signature, entropy, point)
    return point.hex(), signature


def test_jade_s_message_has_the_published_commitment_and_signature(jade: Keyring) -> None:
    case = published("msg_simple_ae")
    text = case["input"]["message"].encode()
    digest = double_sha256(b"\x18Bitcoin Signed Message:\n" + bytes((len(text),)) + text)
    point, signature = both_rounds(jade, case["input"], digest)
    compact = b"".join(n.to_bytes(32, "big") for n in sigdecode_der(signature, ORDER))
    assert [point, compact] == [case["expected_output"][0], b64decode(case["expected_output"][1])]


def test_jade_s_segwit_input_has_the_published_commitment_and_signature(jade: Keyring) -> None:
    case = published("txn_segwit_ae")
    spend, request = tx.parse(bytes.fromhex(case["input"]["txn"])), case["input"]["inputs"][0]
    script, sats = bytes.fromhex(request["script"]), request["satoshi"]
    shared_hashes = sighash.midstates(spend, ())
    digest = sighash.segwit_v0(spend, shared_hashes, 0, script, sats, sighash.ALL)
    point, signature = both_rounds(jade, request, digest)
    assert [point, signature.hex() + "01"] == case["expected_output"][0]


def test_jade_s_legacy_inputs_have_the_published_commitments_and_signatures(
    jade: Keyring,
) -> None:
    # The coins are not of this seed: what is signed opens nothing, so no engine could accept it.
    case = published("txn_legacy_ae")
    spend, signed = tx.parse(bytes.fromhex(case["input"]["txn"])), []
    for index, request in enumerate(case["input"]["inputs"]):
        if "path" in request:
            digest = sighash.legacy(spend, index, bytes.fromhex(request["script"]), sighash.ALL)
            point, signature = both_rounds(jade, request, digest)
            assert [point, signature.hex() + "01"] == case["expected_output"][index]
            signed.append(index)
    assert signed == [0, 2]


@pytest.mark.parametrize("number", range(8))
def test_core_s_engine_accepts_a_coin_signed_with_the_host_s_part(
    keys: Keyring, number: int
) -> None:
    key, sats = keys.public_key(PATH), 50_000
    spent = TxOutput(sats, script.p2wpkh(hash160(key)))
    paid = (TxOutput(sats - 200, spent.script_pubkey),)
    coin = TxInput(bytes(31) + bytes((number,)) + bytes(4), 0xFFFFFFFD)
    spend = Tx(2, (coin,), paid, 0)
    code = script.p2pkh(hash160(key))
    shared_hashes = sighash.midstates(spend, (spent,))
    digest = sighash.segwit_v0(spend, shared_hashes, 0, code, sats, sighash.ALL)
    signature = exfil.sign(keys, PATH, digest, ENTROPY, exfil.host_commitment(ENTROPY))
    signed = replace(coin, witness=(signature + b"\1", key))
    assert verdicts(replace(spend, inputs=(signed,)).encode_signed(), [spent]) == [True]


# Jade's published requests that must fail, and the round that refuses each: what is missing or too
# short is the commitment or the entropy.
BAD = {
    "tx_ss_bad_ae_1": "commit",
    "tx_ss_bad_ae_2": "commit",
    "tx_ss_bad_ae_3": "sign",
    "tx_ss_bad_ae_4": "sign",
}


@pytest.mark.parametrize("name", BAD)
def test_jade_s_bad_requests_get_no_signature(name: str, jade: Keyring) -> None:
    request = published(name)["input"]["inputs"][0]
    commitment = bytes.fromhex(request.get("ae_host_commitment", ""))
    entropy = bytes.fromhex(request.get("ae_host_entropy", ""))
    path = tuple(request["path"])
    if BAD[name] == "commit":
        with pytest.raises(Malformed, match="The host's commitment has 32 bytes"):
            exfil.commit(jade, path, DIGEST, commitment)
    else:
        exfil.commit(jade, path, DIGEST, commitment)
    with pytest.raises(Malformed if BAD[name] == "sign" else Refused):
        exfil.sign(jade, path, DIGEST, entropy, commitment)


def test_jade_s_other_bad_requests_are_of_taproot_which_has_no_anti_exfil() -> None:
    others = {"tx_ss_bad_ae_p2tr_1"}
    directory = shared("jade/tx_ss_bad_ae_1.json").parent
    assert {file.stem for file in directory.glob("tx_ss_bad_ae*")} == {*BAD, *others}
    for name in others:
        script = published(name)["input"]["inputs"][0]["script"]
        assert script.startswith("5120")
    assert not hasattr(exfil, "sign_schnorr")


def reference(secret: int, digest: bytes, entropy: bytes) -> tuple[bytes, tuple[int, int]]:
    """The nonce point and the signature (r, low s) by the protocol's definition, in other code."""
    promised = tagged("s2c/ecdsa/data", entropy)
    first = generate_k(ORDER, secret, hashlib.sha256, digest, extra_entropy=promised)
    point = (SECP256k1.generator * first).to_affine().to_bytes("compressed")
    nonce = first + int.from_bytes(tagged("s2c/ecdsa/point", point + entropy), "big")
    r = (SECP256k1.generator * (nonce % ORDER)).x() % ORDER
    s = pow(nonce, -1, ORDER) * (int.from_bytes(digest, "big") + r * secret) % ORDER
    return point, (r, min(s, ORDER - s))


def tagged(tag: str, data: bytes) -> bytes:
    prefix = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(prefix + prefix + data).digest()


@given(st.integers(1, ORDER - 1), digests, digests)
def test_point_and_signature_are_those_of_the_definition(
    secret: int, digest: bytes, entropy: bytes
) -> None:
    key = bytearray(secret.to_bytes(32, "big"))
    point, signature = reference(secret, digest, entropy)
    promised = anti_exfil.host_commitment(entropy)
    assert anti_exfil.signer_commitment(key, digest, promised) == point
    made = anti_exfil.sign(key, digest, curve.public_key(key), entropy)
    assert sigdecode_der(made, ORDER) == signature


def test_entropy_other_than_promised_is_refused(keys: Keyring) -> None:
    promised = exfil.host_commitment(ENTROPY)
    exfil.sign(keys, PATH, DIGEST, ENTROPY, promised)
    for place in range(32):
        bent = bytearray(ENTROPY)
        bent[place] ^= 1
        with pytest.raises(Refused) as refusal:
            exfil.sign(keys, PATH, DIGEST, bytes(bent), promised)
        assert refusal.value.reason is CommonReason.HOST_ENTROPY_DIFFERS


@given(digests, digests)
def test_signatures_hold_for_both_libraries_and_for_the_host(digest: bytes, entropy: bytes) -> None:
    keys = Keyring(bytearray(range(64)))
    public, promised = keys.public_key(PATH), exfil.host_commitment(entropy)
    point = exfil.commit(keys, PATH, digest, promised)
    signature = exfil.sign(keys, PATH, digest, entropy, promised)
    assert exfil.verify(public, digest, signature, entropy, point)
    assert curve.second_opinion_ecdsa(public, digest, signature)
    assert len(signature) <= 71
    for other in (bytes(32), bytes((digest[0] ^ 1,)) + digest[1:]):
        if other != digest:
            assert not exfil.verify(public, other, signature, entropy, point)
        if other != entropy:
            assert not exfil.verify(public, digest, signature, other, point)


@given(st.sampled_from((DIGEST, ENTROPY)), st.sampled_from((DIGEST, ENTROPY)))
def test_the_nonce_point_follows_from_key_digest_and_commitment_alone(
    digest: bytes, promised: bytes
) -> None:
    fresh, used = Keyring(bytearray(range(64))), Keyring(bytearray(range(64)))
    for index in range(3):
        exfil.commit(used, (*PATH[:-1], index), digest, promised)
    assert exfil.commit(fresh, PATH, digest, promised) == exfil.commit(used, PATH, digest, promised)


def test_nonce_points_never_repeat_over_keys_digests_and_commitments(keys: Keyring) -> None:
    numbers = [bytes(31) + bytes((n,)) for n in range(8)]
    points = {
        exfil.commit(keys, (*PATH[:-1], index), digest, promised)
        for index in range(4)
        for digest in numbers
        for promised in numbers
    }
    assert len(points) == 4 * 8 * 8


@pytest.mark.parametrize("nonce", [0, ORDER, 2**256 - 1])
def test_a_nonce_that_is_no_number_below_the_order_signs_nothing(nonce: int) -> None:
    # The library asks again for another; ours has no other, and must not be asked for ever.
    with pytest.raises(CrossCheckFailed):
        anti_exfil._sign_with(bytearray(nonce.to_bytes(32, "big")), bytearray(DIGEST), DIGEST)


def test_the_library_is_handed_a_nonce_s_32_bytes_and_not_one_more() -> None:
    # They go where it keeps its own variables.
    hand_on: Any = anti_exfil._as_given()
    place = raw.new("unsigned char[33]")
    assert hand_on(place, raw.NULL, raw.NULL, raw.NULL, raw.from_buffer(b"\1" * 33), 0)
    assert bytes(raw.buffer(place)) == b"\1" * 32 + b"\0"


# Each public function with its bytes arguments and their only right lengths.
CALLS: dict[str, tuple[tuple[bytes, ...], Callable[..., Any]]] = {
    "host_commitment": ((ENTROPY,), exfil.host_commitment),
    "commit": (
        (DIGEST, ENTROPY),
        lambda d, c: exfil.commit(Keyring(bytearray(64)), PATH, d, c),
    ),
    "sign": (
        (DIGEST, ENTROPY),
        lambda d, e: exfil.sign(Keyring(bytearray(64)), PATH, d, e, exfil.host_commitment(ENTROPY)),
    ),
    "verify": (
        (POINT, DIGEST, ENTROPY, POINT),
        lambda p, d, e, c: exfil.verify(p, d, b"", e, c),
    ),
}


@pytest.mark.parametrize("name", CALLS)
@given(data=st.data())
def test_an_argument_of_any_other_length_is_malformed(name: str, data: st.DataObject) -> None:
    arguments, call = CALLS[name]
    place = data.draw(st.integers(0, len(arguments) - 1))
    right = len(arguments[place])
    wrong = data.draw(st.binary(max_size=100).filter(lambda b: len(b) != right))
    with pytest.raises(Malformed, match=f"not {len(wrong)}"):
        call(*arguments[:place], wrong, *arguments[place + 1 :])
