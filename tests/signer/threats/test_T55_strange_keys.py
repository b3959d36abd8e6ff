"""T55: uncompressed, hybrid, x-only-as-full or off-curve keys must not pass as segwit keys."""

import json

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Malformed
from signer.formats import base58
from signer.keys import curve, exfil
from tests.psbts import OTHER, draft, keyring, refusal, vault
from tests.signer.published import shared

X = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
Y = bytes.fromhex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
FIELD = 2**256 - 2**32 - 977

STRANGE = {
    "uncompressed": b"\4" + X + Y,
    "hybrid even": b"\6" + X + Y,
    "hybrid odd": b"\7" + X + Y,
    "hybrid prefix on a short key": b"\6" + X,
    "compressed with a byte behind it": b"\2" + X + b"\0",
    "x-only": X,
    "prefix zero": b"\0" + X,
    "prefix one": b"\1" + X,
    "not on the curve": b"\2" + bytes(31) + b"\7",
    "x over the field": b"\2" + (FIELD + 1).to_bytes(32, "big"),
    "infinity": b"\0",
    "empty": b"",
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_key_is_malformed_wherever_a_key_goes(kind: str) -> None:
    key = STRANGE[kind]
    uses = (
        curve.check_public_key,
        lambda key: curve.tweak_public(key, bytes(31) + b"\1"),
        lambda key: curve.verify_ecdsa(key, bytes(32), b""),
        lambda key: curve.second_opinion_ecdsa(key, bytes(32), b""),
        lambda key: curve.musig_aggregate([key]),
        lambda key: exfil.verify(key, bytes(32), b"", bytes(32), b"\2" + X),
        lambda key: exfil.verify(b"\2" + X, bytes(32), b"", bytes(32), key),
    )
    for use in uses:
        with pytest.raises(Malformed):
            use(key)


@pytest.mark.parametrize(
    "key", [bytes(31) + b"\7", FIELD.to_bytes(32, "big"), b"\xff" * 32, b"\2" + X, b""]
)
def test_a_strange_x_only_key_is_malformed_wherever_one_goes(key: bytes) -> None:
    uses = (
        curve.taproot_output_key,
        lambda key: curve.verify_schnorr(key, bytes(32), bytes(64)),
        lambda key: curve.second_opinion_schnorr(key, bytes(32), bytes(64)),
    )
    for use in uses:
        with pytest.raises(Malformed):
            use(key)


def test_the_keys_inside_bip32_s_invalid_examples_are_malformed() -> None:
    # Of its 14 invalid extended keys, the 7 that are wrong in the key or the checksum. The others
    # are wrong in fields that only a parser of extended keys reads, and we have none.
    trees = json.loads(shared("bip32/bip32.json").read_text())
    judged = 0
    for case in next(tree for tree in trees if tree.get("invalid"))["invalid"]:
        if case["why"] == "invalid checksum":
            with pytest.raises(Malformed, match="checksum"):
                base58.decode_check(case["key"])
        elif "pubkey" in case["why"] and case["key"].startswith("xpub"):
            with pytest.raises(Malformed):
                curve.check_public_key(base58.decode_check(case["key"])[45:])
        elif "not in 1..n-1" in case["why"]:
            with pytest.raises(Malformed):
                curve.public_key(bytearray(base58.decode_check(case["key"])[46:]))
        else:
            continue
        judged += 1
    assert judged == 7


@pytest.mark.parametrize("field", [0x1B, 0x1C])
@pytest.mark.parametrize("x", [bytes(31) + b"\7", b"\xff" * 32])
def test_a_joint_signature_has_no_signer_whose_key_is_no_point(field: int, x: bytes) -> None:
    """Who signs together is registered, and those keys are points: others are not looked into."""
    joint = vault("tr(musig(@0,@1)/**)", keyring(), keyring(OTHER))
    begun = draft(joint)
    begun.ins[0].put(field, bytes(66 if field == 0x1B else 32), b"\2" + x + b"\2" + X)
    refused = refusal(begun, keyring(), "regtest", [joint.record(keyring())])
    assert refused is BitcoinReason.JOINT_KEYS_DIFFER
