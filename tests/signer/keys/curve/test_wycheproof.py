"""The Wycheproof project's cases for every algorithm that signer and device use.

What is answered differently on purpose stands in a table with its reason.
"""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from ecdsa.util import sigdecode_der, sigencode_der

from signer.errors import Malformed
from signer.hashes import sha256
from signer.keys import curve
from signer.keys.curve.points import shared_point
from tests.signer.published import shared

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
Case = dict[str, Any]


def published(name: str) -> Iterator[tuple[Case, Case]]:
    """(group, case) of a file."""
    for group in json.loads(shared(f"wycheproof/{name}_test.json").read_text())["testGroups"]:
        for case in group["tests"]:
            yield group, case


def unhexed(case: Case, *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


def compressed(key: Case) -> bytes:
    point = bytes.fromhex(key["uncompressed"])
    return bytes((2 + point[-1] % 2,)) + point[1:33]


def judged(public: bytes, message: bytes, der: bytes) -> bool:
    """What libsecp256k1 and python-ecdsa say alike."""
    verdict = curve.verify_ecdsa(public, sha256(message), der)
    assert verdict is curve.second_opinion_ecdsa(public, sha256(message), der)
    return verdict


@pytest.mark.timeout(300)
def test_all_463_signatures_under_bitcoin_s_rules_are_judged_right_by_both() -> None:
    count = 0
    for group, case in published("ecdsa_secp256k1_sha256_bitcoin"):
        message, der = unhexed(case, "msg", "sig")
        verdict = judged(compressed(group["publicKey"]), message, der)
        assert verdict is (case["result"] == "valid"), case["tcId"]
        count += 1
    assert count == 463


# The reason for each signature that holds by the general rules and is none here.
HIGH_S = "its s is in the upper half of the order, which the network does not relay (BIP146)"


def refusal(der: bytes) -> str | None:
    return HIGH_S if sigdecode_der(der, ORDER)[1] > ORDER // 2 else None


@pytest.mark.timeout(300)
def test_all_476_signatures_under_general_rules_are_judged_right_but_for_high_s() -> None:
    outcomes = Counter[str | None]()
    for group, case in published("ecdsa_secp256k1_sha256"):
        message, der = unhexed(case, "msg", "sig")
        verdict = judged(compressed(group["publicKey"]), message, der)
        reason = refusal(der) if case["result"] == "valid" else None
        assert verdict is (case["result"] == "valid" and reason is None), case["tcId"]
        outcomes[reason] += 1
    assert outcomes == {None: 404, HIGH_S: 72}


@pytest.mark.timeout(300)
def test_all_252_signatures_as_two_plain_numbers_are_judged_right_but_for_high_s() -> None:
    # The signer reads DER alone: numbers of the right length are encoded here, others are not.
    outcomes = Counter[str | None]()
    for group, case in published("ecdsa_secp256k1_sha256_p1363"):
        message, plain = unhexed(case, "msg", "sig")
        r, s = int.from_bytes(plain[:32], "big"), int.from_bytes(plain[32:], "big")
        der = sigencode_der(r, s, ORDER) if len(plain) == 64 else plain
        verdict = judged(compressed(group["publicKey"]), message, der)
        reason = refusal(der) if case["result"] == "valid" else None
        assert verdict is (case["result"] == "valid" and reason is None), case["tcId"]
        outcomes[reason] += 1
    assert outcomes.total() == 252
    assert outcomes[HIGH_S] == 72


# A public key comes here as its 33 bytes, never in the container (X.509) that these cases test.
PLAIN = "3056301006072a8648ce3d020106052b8104000a034200"
PLAIN_COMPRESSED = "3036301006072a8648ce3d020106052b8104000a032200"


def plain_key(container: str) -> bytes | None:
    for prefix, size in ((PLAIN, 65), (PLAIN_COMPRESSED, 33)):
        key = bytes.fromhex(container.removeprefix(prefix))
        if container.startswith(prefix) and len(key) == size:
            return key
    return None


def test_all_752_shared_points_are_right_or_their_keys_are_no_keys() -> None:
    outcomes = Counter[str]()
    for _, case in published("ecdh_secp256k1"):
        key = plain_key(case["public"])
        if key is None:
            outcomes["a container that is never read"] += 1
            continue
        # A secret may stand behind a zero byte, or be short by leading zeros.
        secret = bytearray(int(case["private"], 16).to_bytes(32, "big"))
        if case["result"] == "invalid":
            with pytest.raises(Malformed):
                shared_point(secret, key)
            outcomes["no key"] += 1
            continue
        short = bytes((2 + key[-1] % 2,)) + key[1:33] if len(key) == 65 else key
        assert shared_point(secret, short)[1:].hex() == case["shared"], case["tcId"]
        outcomes["shared"] += 1
    assert outcomes == {"shared": 475, "no key": 21, "a container that is never read": 256}


@pytest.mark.parametrize("name", ["sha256", "sha512"])
def test_all_174_message_codes_are_right(name: str) -> None:
    count = 0
    for group, case in published(f"hmac_{name}"):
        key, message, tag = unhexed(case, "key", "msg", "tag")
        made = hmac.digest(key, message, name)[: group["tagSize"] // 8]
        assert (made == tag) is (case["result"] == "valid"), case["tcId"]
        count += 1
    assert count == 174


def test_all_58_stretched_passwords_are_right() -> None:
    count = 0
    for _, case in published("pbkdf2_hmacsha512"):
        password, salt, expected = unhexed(case, "password", "salt", "dk")
        rounds, size = case["iterationCount"], case["dkLen"]
        assert hashlib.pbkdf2_hmac("sha512", password, salt, rounds, size) == expected
        count += 1
    assert count == 58


def opened(case: Case) -> bytes | None:
    """The text in a sealed box, as the device's vault opens one, or None."""
    key, nonce, bound, sealed, tag = unhexed(case, "key", "iv", "aad", "ct", "tag")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed + tag, bound)
    except (InvalidTag, ValueError):  # ValueError: a nonce that has not 12 bytes
        return None


def test_all_325_sealed_boxes_are_opened_or_refused_right() -> None:
    count = 0
    for _, case in published("chacha20_poly1305"):
        expected = bytes.fromhex(case["msg"]) if case["result"] == "valid" else None
        assert opened(case) == expected, case["tcId"]
        count += 1
    assert count == 325
