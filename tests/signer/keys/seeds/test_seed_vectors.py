"""The hash functions below every seed, as they are called here, against wycheproof's cases."""

import hashlib
import hmac
import json

from tests.signer.published import shared


def test_all_cases_of_pbkdf2_hmac_sha512_hold() -> None:
    data = json.loads(shared("wycheproof/pbkdf2_hmacsha512_test.json").read_text())
    count = 0
    for case in data["testGroups"][0]["tests"]:
        password, salt = bytes.fromhex(case["password"]), bytes.fromhex(case["salt"])
        derived = hashlib.pbkdf2_hmac(
            "sha512", bytearray(password), salt, case["iterationCount"], case["dkLen"]
        )
        assert (derived.hex() == case["dk"]) is (case["result"] == "valid"), case["tcId"]
        count += 1
    assert count == data["numberOfTests"] == 58


def test_all_cases_of_hmac_sha512_hold() -> None:
    data = json.loads(shared("wycheproof/hmac_sha512_test.json").read_text())
    count = 0
    for group in data["testGroups"]:
        for case in group["tests"]:
            key, message = bytearray(bytes.fromhex(case["key"])), bytes.fromhex(case["msg"])
            whole = hmac.digest(key, message, "sha512")
            running = hmac.new(key, digestmod=hashlib.sha512)
            running.update(message)
            assert running.digest() == whole
            tag = bytes.fromhex(case["tag"])
            holds = hmac.compare_digest(whole[: group["tagSize"] // 8], tag)
            assert holds is (case["result"] == "valid"), case["tcId"]
            count += 1
    assert count == data["numberOfTests"] == 174
