"""T53: a second encoding of a signature lets others change a transaction's id, or a fee be wrong.

Ours are strict DER, low S and low R, at most 70 bytes; any other is no signature to either library.
"""

import json
from typing import Any

import pytest
from ecdsa.util import sigdecode_der, sigencode_der
from hypothesis import given
from hypothesis import strategies as st

from signer.hashes import sha256
from signer.keys import curve
from tests.signer.published import shared

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEY = bytearray(range(32))
PUBLIC = curve.public_key(KEY)


@given(st.binary(min_size=32, max_size=32))
def test_signatures_are_low_in_r_and_s_and_at_most_70_bytes(digest: bytes) -> None:
    der = curve.sign_ecdsa(KEY, digest, PUBLIC)
    r, s = sigdecode_der(der, ORDER)
    assert len(der) <= 70
    assert r < 1 << 255
    assert s <= ORDER // 2


def other_encodings(der: bytes) -> dict[str, bytes]:
    r, s = sigdecode_der(der, ORDER)
    body = der[2:]
    return {
        "high S": sigencode_der(r, ORDER - s, ORDER),
        "long length": b"\x30\x81" + bytes((len(body),)) + body,
        "trailing byte": der + b"\0",
        "byte inside": b"\x30" + bytes((len(body) + 1,)) + body + b"\0",
        "padded r": b"\x30" + bytes((len(body) + 1,)) + b"\x02\x21\0" + body[2:],
        "cut short": der[:-1],
        "with a sighash byte": der + b"\1",
        "compact": r.to_bytes(32, "big") + s.to_bytes(32, "big"),
    }


@pytest.mark.parametrize("form", other_encodings(curve.sign_ecdsa(KEY, bytes(32), PUBLIC)))
def test_another_encoding_of_our_signature_is_no_signature(form: str) -> None:
    der = curve.sign_ecdsa(KEY, bytes(32), PUBLIC)
    assert curve.verify_ecdsa(PUBLIC, bytes(32), der)
    assert curve.second_opinion_ecdsa(PUBLIC, bytes(32), der)
    changed = other_encodings(der)[form]
    assert not curve.verify_ecdsa(PUBLIC, bytes(32), changed)
    assert not curve.second_opinion_ecdsa(PUBLIC, bytes(32), changed)


@given(
    st.integers(0, 69), st.integers(0, 69), st.sampled_from((b"", b"\0", b"\x80", b"\xff", b"\x81"))
)
def test_both_libraries_judge_every_mangled_signature_alike(
    start: int, stop: int, filling: bytes
) -> None:
    der = curve.sign_ecdsa(KEY, bytes(32), PUBLIC)
    mangled = der[:start] + filling + der[stop:]
    verdict = curve.verify_ecdsa(PUBLIC, bytes(32), mangled)
    assert verdict is curve.second_opinion_ecdsa(PUBLIC, bytes(32), mangled)
    assert verdict is (mangled == der)


def compressed(key: dict[str, Any]) -> bytes:
    point = bytes.fromhex(key["uncompressed"])
    return bytes((2 + point[-1] % 2,)) + point[1:33]


@pytest.mark.timeout(300)
def test_all_463_wycheproof_bitcoin_signatures_are_judged_right_by_both() -> None:
    file = shared("wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json")
    judged = 0
    for group in json.loads(file.read_text())["testGroups"]:
        public = compressed(group["publicKey"])
        for case in group["tests"]:
            digest, der = sha256(bytes.fromhex(case["msg"])), bytes.fromhex(case["sig"])
            valid = case["result"] == "valid"
            assert curve.verify_ecdsa(public, digest, der) is valid, case["tcId"]
            assert curve.second_opinion_ecdsa(public, digest, der) is valid, case["tcId"]
            judged += 1
    assert judged == 463
