"""T50: a repeated or biased nonce gives the key away.

Every nonce is RFC6979's, recomputed here by other code; and no code but libsecp256k1 makes one.
"""

import ast
from pathlib import Path

import pytest
from ecdsa.util import sigdecode_der
from hypothesis import given
from hypothesis import strategies as st

from signer.hashes import sha256
from signer.keys import curve
from tests.signer.published import ROOT, cases
from tests.signer.rfc6979 import ORDER, reference

HALF = 1 << 255


def ours(secret: int, digest: bytes) -> tuple[int, int]:
    key = bytearray(secret.to_bytes(32, "big"))
    return sigdecode_der(curve.sign_ecdsa(key, digest, curve.public_key(key)), ORDER)


@pytest.mark.parametrize("case", cases("rfc6979"))
def test_the_reference_gives_the_published_signatures_and_we_the_first_low_r(
    case: dict[str, str],
) -> None:
    secret, digest = int(case["secret"], 16), sha256(case["message"].encode())
    published = int(case["r"], 16), int(case["s"], 16)
    assert reference(secret, digest, 0) == published
    assert (ours(secret, digest) == published) is (published[0] < HALF)


@given(st.integers(1, ORDER - 1), st.binary(min_size=32, max_size=32))
def test_every_signature_is_the_first_low_r_of_rfc6979(secret: int, digest: bytes) -> None:
    for tries in range(1000):
        expected = reference(secret, digest, tries)
        if expected[0] < HALF:
            break
    assert ours(secret, digest) == expected


def test_no_r_repeats_over_keys_and_digests() -> None:
    seen = {
        ours(secret, sha256(bytes((index,))))[0] for secret in range(1, 11) for index in range(50)
    }
    assert len(seen) == 500


VERIFIES_ONLY = {"SECP256k1", "UnexpectedDER", "INFINITY", "PointJacobi", "sigdecode_der"}


def imports(file: Path) -> list[tuple[str, str]]:
    """(top-level package, name) of everything a module imports."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name.split(".")[0], alias.name) for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            package = (node.module or "").split(".")[0]
            found += [(package, alias.name) for alias in node.names]
    return found


def test_on_the_device_only_curve_knows_the_libraries_and_python_ecdsa_only_verifies() -> None:
    for package in ("signer", "firmware_emu"):
        for file in (ROOT / package).rglob("*.py"):
            names = {name for top, name in imports(file) if top in ("ecdsa", "coincurve")}
            assert not names or file == ROOT / "signer" / "keys" / "curve.py", file
    of_ecdsa = {n for top, n in imports(ROOT / "signer/keys/curve.py") if top == "ecdsa"}
    assert of_ecdsa == VERIFIES_ONLY
