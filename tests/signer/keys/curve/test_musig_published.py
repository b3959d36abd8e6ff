"""BIP327's published cases, through the arithmetic of `signer.keys.curve.musig`."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from signer.errors import CrossCheckFailed, Malformed
from signer.hashes import tagged_hash
from signer.keys import curve
from signer.keys.curve import raw
from signer.keys.curve.musig import (
    Group,
    Session,
    Tweak,
    musig_combine,
    musig_nonce,
    musig_sign,
    musig_sort,
    musig_verify,
)
from signer.keys.path import parse
from tests.signer.published import cases, shared

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
PATH = parse("m/86h/1h/0h/0/3")
DIGEST = bytes(range(32))
Case = dict[str, Any]


def vectors(name: str) -> Case:
    loaded: Case = json.loads(shared(f"bip327/{name}_vectors.json").read_text())
    return loaded


def unhexed(texts: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def pick(data: Case, case: Case, list_name: str, index_name: str) -> tuple[bytes, ...]:
    """The entries of a list of the file that a case names by their places."""
    listed = unhexed(data[list_name])
    return tuple(listed[index] for index in case[index_name])


def group_of(data: Case, case: Case) -> Group:
    numbers = pick(data, case, "tweaks", "tweak_indices") if "tweak_indices" in case else ()
    pairs = zip(numbers, case.get("is_xonly", ()), strict=True)
    keys = pick(data, case, "pubkeys", "key_indices")
    return Group(keys, tuple(Tweak(number, xonly) for number, xonly in pairs))


def secret_nonce_of(numbers: bytes) -> bytearray:
    """BIP327's secret nonce (two numbers and a key, 97 bytes) as the library keeps one.

    The signer has no such way in. Its mark is taken from a nonce that the library made.
    """
    key = bytearray(bytes(31) + b"\1")
    group = Group((curve.public_key(key),))
    made, _ = musig_nonce(group, 0, DIGEST, (key, bytearray(b"\1" * 32)), bytes(32))
    return made[:4] + numbers[:64] + bytes(raw.buffer(raw.parsed(numbers[64:])))


def judge(call: Callable[[], bytes]) -> str:
    """What a caller gets: the bytes, or the sentence of a Malformed."""
    try:
        return call().hex()
    except Malformed as error:
        return str(error)


# --- some of BIP327's cases, kept with these tests


@pytest.mark.parametrize("case", cases("bip327", "aggregates"))
def test_keys_have_the_published_aggregate(case: Case) -> None:
    assert curve.musig_aggregate(unhexed(case["public_keys"]))[1:].hex() == case["aggregate"]


@pytest.mark.parametrize("case", cases("bip327", "partial_signatures"))
def test_partial_signatures_are_the_published_ones(case: Case) -> None:
    tweaks = tuple(Tweak(bytes.fromhex(t["number"]), t["xonly"]) for t in case["tweaks"])
    group = Group(tuple(unhexed(case["public_keys"])), tweaks)
    message = bytes.fromhex(case["message"])
    session = Session(group, tuple(unhexed(case["public_nonces"])), message)
    secret = bytearray.fromhex(case["secret"])
    secret_nonce = secret_nonce_of(bytes.fromhex(case["secret_nonce"]))
    made = musig_sign(session, case["place"], secret, secret_nonce)
    assert made.hex() == case["partial_signature"]


# --- all of them


def test_all_key_aggregations_are_as_published() -> None:
    data = vectors("key_agg")
    for case in data["valid_test_cases"]:
        aggregate = curve.musig_aggregate(pick(data, case, "pubkeys", "key_indices"))
        assert aggregate[1:].hex() == case["expected"].lower()
    assert len(data["valid_test_cases"]) == 4


# A reason for each published error, as it reads here. Signers are counted from 1.
KEY_ERRORS = {
    "Invalid public key": "The key of signer 2",
    "Public key exceeds field size": "The key of signer 2",
    "First byte of public key is not 2 or 3": "The key of signer 1",
    "Tweak is out of range": "A tweak is over the order",
    "Intermediate tweaking result is point at infinity": "leads to no key",
}


def test_all_key_aggregation_errors_name_what_is_wrong() -> None:
    data = vectors("key_agg")
    assert {case["comment"] for case in data["error_test_cases"]} == set(KEY_ERRORS)
    for case in data["error_test_cases"]:
        with pytest.raises(Malformed, match=KEY_ERRORS[case["comment"]]):
            _ = group_of(data, case).public_key


def test_keys_are_sorted_as_published() -> None:
    data = vectors("key_sort")
    assert musig_sort(unhexed(data["pubkeys"])) == tuple(unhexed(data["sorted_pubkeys"]))


# libsecp256k1 signs 32 bytes or, for a nonce, nothing yet; and needs a key and a group to be named.
NONCE_GEN_NOT_POSSIBLE = {
    1: "a message of no bytes",
    2: "a message of 38 bytes",
    3: "neither key, group nor message",
}


def test_nonces_are_drawn_as_published(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    for number, case in enumerate(vectors("nonce_gen")["test_cases"]):
        if number in NONCE_GEN_NOT_POSSIBLE:
            assert len(case["msg"] or "") != 64
            continue
        secret, randomness, digest, extra, public = (
            bytearray.fromhex(case[name]) for name in ("sk", "rand_", "msg", "extra_in", "pk")
        )
        # The published aggregate belongs to no known group: it is put where the library keeps one.
        cache = raw.new("secp256k1_musig_keyagg_cache *")
        known = bytes(raw.buffer(_aggregate_of(Group((bytes(public),)))))
        point = bytes(raw.buffer(raw.parsed(b"\2" + bytes.fromhex(case["aggpk"]))))
        raw.buffer(cache)[:] = known[:4] + point + known[68:]
        monkeypatch.setattr("signer.keys.curve.musig._aggregated", lambda _, cache=cache: cache)
        group = Group((bytes(public),))
        secret_nonce, nonce = musig_nonce(
            group, 0, bytes(digest), (secret, randomness), bytes(extra)
        )
        assert nonce.hex() == case["expected_pubnonce"].lower()
        assert secret_nonce == secret_nonce_of(bytes.fromhex(case["expected_secnonce"]))
        assert randomness == bytes(32)
        made += 1
    assert made == 1


def _aggregate_of(group: Group) -> object:
    from signer.keys.curve.musig import _aggregated  # noqa: PLC0415  before it is replaced

    return _aggregated(group)


def _combined_nonce(nonces: Sequence[bytes]) -> str:
    """The sum that a session makes of public nonces, which BIP373 never writes down."""
    parsed = []
    for nonce in nonces:
        one = raw.new("secp256k1_musig_pubnonce *")
        assert raw.lib.secp256k1_musig_pubnonce_parse(raw.CONTEXT, one, nonce)
        parsed.append(one)
    total, out = raw.new("secp256k1_musig_aggnonce *"), raw.new("unsigned char[66]")
    listed = raw.new("secp256k1_musig_pubnonce *[]", parsed)
    raw.lib.secp256k1_musig_nonce_agg(raw.CONTEXT, total, listed, len(parsed))
    raw.lib.secp256k1_musig_aggnonce_serialize(raw.CONTEXT, out, total)
    return bytes(raw.buffer(out)).hex()


def test_public_nonces_are_added_up_as_published() -> None:
    data = vectors("nonce_agg")
    for case in data["valid_test_cases"]:
        nonces = pick(data, case, "pnonces", "pnonce_indices")
        assert _combined_nonce(nonces) == case["expected"].lower()
    for case in data["error_test_cases"]:
        nonces = pick(data, case, "pnonces", "pnonce_indices")
        keys = tuple(curve.public_key(bytearray(bytes(31) + bytes((n,)))) for n in (1, 2))
        with pytest.raises(Malformed, match=f"nonce of signer {case['error']['signer'] + 1}"):
            musig_verify(Session(Group(keys), nonces, DIGEST), 0, bytes(32))
    assert (len(data["valid_test_cases"]), len(data["error_test_cases"])) == (2, 3)


def test_partial_signatures_are_made_and_verified_as_published() -> None:
    data = vectors("sign_verify")
    messages, signed = unhexed(data["msgs"]), 0
    for case in data["valid_test_cases"]:
        nonces = pick(data, case, "pnonces", "nonce_indices")
        session = Session(group_of(data, case), nonces, messages[case["msg_index"]])
        secret, secret_nonce = bytearray.fromhex(data["sk"]), unhexed(data["secnonces"])[0]
        made = judge(
            lambda s=session, i=case["signer_index"], k=secret, n=secret_nonce: musig_sign(
                s, i, k, secret_nonce_of(n)
            )
        )
        if len(session.digest) != 32:  # two messages of 0 and 38 bytes: Bitcoin signs digests only
            assert made.startswith("A digest has 32 bytes")
            continue
        assert made == case["expected"].lower()
        assert _combined_nonce(nonces) == data["aggnonces"][case["aggnonce_index"]].lower()
        assert musig_verify(session, case["signer_index"], bytes.fromhex(made))
        signed += 1
    assert (signed, len(data["valid_test_cases"])) == (4, 6)


def test_partial_signatures_that_do_not_hold_are_judged_as_published() -> None:
    data = vectors("sign_verify")
    messages = unhexed(data["msgs"])
    for case in data["verify_fail_test_cases"]:
        nonces = pick(data, case, "pnonces", "nonce_indices")
        session = Session(group_of(data, case), nonces, messages[case["msg_index"]])
        assert not musig_verify(session, case["signer_index"], bytes.fromhex(case["sig"]))
    for case in data["verify_error_test_cases"]:
        nonces = pick(data, case, "pnonces", "nonce_indices")
        session = Session(group_of(data, case), nonces, messages[case["msg_index"]])
        what = {"pubnonce": "nonce", "pubkey": "key"}[case["error"]["contrib"]]
        with pytest.raises(Malformed, match=f"{what} of signer {case['error']['signer'] + 1}"):
            musig_verify(session, case["signer_index"], bytes.fromhex(case["sig"]))
    assert (len(data["verify_fail_test_cases"]), len(data["verify_error_test_cases"])) == (3, 2)


# Sums of public nonces are not read by the signer, only made: BIP373 has no field for one. So that
# these three are none is asked of the library itself.
BAD_SUMS = (
    "Aggregate nonce is invalid due wrong tag, 0x04, in the first half",
    "Aggregate nonce is invalid because the second half does not correspond to an X coordinate",
    "Aggregate nonce is invalid because second half exceeds field size",
)


def test_signing_errors_are_met_as_published() -> None:
    data = vectors("sign_verify")
    met = set()
    for case in data["sign_error_test_cases"]:
        comment, index = case["comment"], case["secnonce_index"]
        secret, secret_nonce = bytearray.fromhex(data["sk"]), unhexed(data["secnonces"])[index]
        group = group_of(data, case)
        nonces = tuple(unhexed(data["pnonces"])[: len(group.public_keys)])
        session = Session(group, nonces, DIGEST)
        if comment in BAD_SUMS:
            total = raw.new("secp256k1_musig_aggnonce *")
            parse_sum = raw.lib.secp256k1_musig_aggnonce_parse
            bad = unhexed(data["aggnonces"])[case["aggnonce_index"]]
            assert not parse_sum(raw.CONTEXT, total, bad)
        elif case["error"]["type"] == "invalid_contribution":
            with pytest.raises(Malformed, match="key of signer 3"):
                musig_sign(session, 0, secret, secret_nonce_of(secret_nonce))
        elif "reuse" in comment:
            with pytest.raises(CrossCheckFailed, match="used before"):
                musig_sign(session, 0, secret, secret_nonce_of(secret_nonce))
        else:  # "The signers pubkey is not in the list": a place that belongs to another key
            with pytest.raises(CrossCheckFailed, match="did not verify"):
                musig_sign(session, 0, secret, secret_nonce_of(secret_nonce))
        met.add(comment)
    assert len(met) == 6


def test_tweaked_groups_sign_as_published() -> None:
    data = vectors("tweak")
    secret_nonce, digest = bytes.fromhex(data["secnonce"]), bytes.fromhex(data["msg"])
    for case in data["valid_test_cases"] + data["error_test_cases"]:
        nonces = pick(data, case, "pnonces", "nonce_indices")
        session, secret = (
            Session(group_of(data, case), nonces, digest),
            bytearray.fromhex(data["sk"]),
        )
        made = judge(
            lambda s=session, i=case["signer_index"], k=secret: musig_sign(
                s, i, k, secret_nonce_of(secret_nonce)
            )
        )
        expected = case.get("expected", "").lower()
        assert made == expected or made.startswith("A tweak is over the order") is not bool(
            expected
        )
        assert bool(expected) is (len(made) == 64)
    assert (len(data["valid_test_cases"]), len(data["error_test_cases"])) == (5, 1)


def deterministic_nonce(secret: bytes, case: Case, group: Group, digest: bytes) -> bytes:
    """BIP327's DeterministicSign up to its secret nonce, which the signer has no use for.

    It would need all others' nonces first, and gains nothing where fresh randomness is handed in.
    """
    masked = secret
    if case["rand"] is not None:
        mask = tagged_hash("MuSig/aux", bytes.fromhex(case["rand"]))
        masked = bytes(a ^ b for a, b in zip(secret, mask, strict=True))
    numbers = b""
    for which in (0, 1):
        hashed = tagged_hash(
            "MuSig/deterministic/nonce",
            masked,
            bytes.fromhex(case["aggothernonce"]),
            group.public_key[1:],
            len(digest).to_bytes(8, "big"),
            digest,
            bytes((which,)),
        )
        numbers += (int.from_bytes(hashed, "big") % ORDER).to_bytes(32, "big")
    return numbers + curve.public_key(bytearray(secret))


GENERATOR = curve.public_key(bytearray(bytes(31) + b"\1"))


def two_nonces_of(total: bytes) -> tuple[bytes, bytes]:
    """Two public nonces with a given sum: all that is published of the two other signers."""
    three, less_three = bytearray(bytes(31) + b"\3"), (ORDER - 3).to_bytes(32, "big")
    halves = (curve.tweak_public(half, less_three) for half in (total[:33], total[33:]))
    return b"".join(halves), curve.public_key(three) * 2


def test_nonces_made_deterministically_sign_as_published() -> None:
    data = vectors("det_sign")
    secret, signed = bytes.fromhex(data["sk"]), 0
    for case in data["valid_test_cases"]:
        numbers = zip(unhexed(case["tweaks"]), case["is_xonly"], strict=True)
        keys = pick(data, case, "pubkeys", "key_indices")
        group = Group(keys, tuple(Tweak(number, xonly) for number, xonly in numbers))
        digest, place = bytes.fromhex(data["msgs"][case["msg_index"]]), case["signer_index"]
        secret_nonce = deterministic_nonce(secret, case, group, digest)
        halves = (bytearray(secret_nonce[:32]), bytearray(secret_nonce[32:64]))
        nonces = list(two_nonces_of(bytes.fromhex(case["aggothernonce"])))
        nonces.insert(place, b"".join(curve.public_key(half) for half in halves))
        assert nonces[place].hex() == case["expected"][0].lower()
        session, key = Session(group, tuple(nonces), digest), bytearray(secret)
        made = judge(
            lambda s=session, i=place, k=key, n=secret_nonce: musig_sign(
                s, i, k, secret_nonce_of(n)
            )
        )
        if len(digest) != 32:
            assert made.startswith("A digest has 32 bytes")
            continue
        assert made == case["expected"][1].lower()
        signed += 1
    assert (signed, len(data["valid_test_cases"])) == (3, 4)


def test_the_errors_of_deterministic_signing_are_errors_here_too() -> None:
    data = vectors("det_sign")
    group_errors = 0
    for case in data["error_test_cases"]:
        numbers = zip(unhexed(case["tweaks"]), case["is_xonly"], strict=True)
        group = Group(
            pick(data, case, "pubkeys", "key_indices"),
            tuple(Tweak(number, xonly) for number, xonly in numbers),
        )
        total = bytes.fromhex(case["aggothernonce"])
        nonces = (total, *[GENERATOR * 2] * (len(group.public_keys) - 1))
        session = Session(group, nonces, DIGEST)
        secret = bytearray.fromhex(data["sk"])
        if "must be included" in case["error"].get("message", ""):
            assert curve.public_key(secret) not in group.public_keys
            continue  # `musig.begin` and `musig.sign` ask for this: see below
        with pytest.raises(Malformed):
            musig_verify(session, 0, bytes(32))
        group_errors += 1
    assert group_errors == 4


def test_parts_are_combined_as_published() -> None:
    data = vectors("sig_agg")
    for case in data["valid_test_cases"] + data["error_test_cases"]:
        group = group_of(data, case)
        nonces = pick(data, case, "pnonces", "nonce_indices")
        session = Session(group, nonces, bytes.fromhex(data["msg"]))
        parts = pick(data, case, "psigs", "psig_indices")
        made = judge(lambda s=session, p=parts: musig_combine(s, p))
        if "error" in case:
            # The other part is no signature of this session either, and is named first.
            assert made == "The partial signature of signer 1 is not valid."
            assert not musig_verify(session, case["error"]["signer"], parts[1])
            continue
        assert made == case["expected"].lower()
        assert curve.second_opinion_schnorr(
            group.public_key[1:], session.digest, bytes.fromhex(made)
        )
    assert (len(data["valid_test_cases"]), len(data["error_test_cases"])) == (4, 1)
