"""T50: a repeated or biased nonce gives the key away.

Every nonce is RFC6979's, recomputed here by other code; no code but libsecp256k1 makes one; and the
time of a signature does not tell how long its nonce is.
"""

import ast
from collections.abc import Callable
from pathlib import Path
from statistics import correlation, quantiles
from time import thread_time_ns

import pytest
from ecdsa import SECP256k1, SigningKey
from ecdsa.util import sigdecode_der
from hypothesis import given
from hypothesis import strategies as st

from signer.hashes import sha256
from signer.keys import curve
from signer.keys.curve import anti_exfil
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
    curve_files = ROOT / "signer" / "keys" / "curve"
    allowed = {
        curve_files / "raw.py": {("coincurve", "ffi"), ("coincurve", "lib")},
        curve_files / "second_opinion.py": {("ecdsa", name) for name in VERIFIES_ONLY},
        # Curves and points alone, for other people's signatures: it has no key and makes none.
        ROOT / "signer" / "dnssec" / "signature.py": {
            ("ecdsa", name) for name in ("NIST256p", "NIST384p", "Curve", "INFINITY", "PointJacobi")
        },
    }
    for package in ("signer", "firmware_emu"):
        for file in (ROOT / package).rglob("*.py"):
            found = {(top, name) for top, name in imports(file) if top in ("ecdsa", "coincurve")}
            assert found - {("coincurve", "GLOBAL_CONTEXT")} == allowed.get(file, set()), file


# --- time


KEY = bytearray(range(1, 33))
PEER = SigningKey.from_string(bytes(KEY), SECP256k1)


def public_nonces(count: int) -> list[bytes]:
    """Nonces of 64 to 256 bits in no order, which are published by being made here."""
    made = []
    for number in range(count):
        drawn = sha256(number.to_bytes(4, "big"))
        size = 8 + drawn[0] % 25
        made.append(bytes(32 - size) + bytes((drawn[1] | 1,)) + drawn[33 - size :])
    return made


def by_us(nonce: bytes) -> None:
    anti_exfil._sign_with(bytearray(nonce), KEY, bytes(32))


def by_python(nonce: bytes) -> None:
    PEER.sign_digest(bytes(32), k=int.from_bytes(nonce, "big"))


def correlation_with_length(sign: Callable[[bytes], None], count: int) -> float:
    """Of CPU time with the bits of the nonce; the slowest twentieth, disturbed ones, left out."""
    timed = []
    for nonce in public_nonces(count):
        began = thread_time_ns()
        sign(nonce)
        spent = thread_time_ns() - began
        timed.append((spent, int.from_bytes(nonce, "big").bit_length()))
    limit = quantiles([spent for spent, _ in timed], n=20)[-1]
    times, bits = zip(*((spent, bits) for spent, bits in timed if spent <= limit), strict=True)
    return abs(correlation(times, bits))


def test_the_time_of_a_signature_does_not_follow_the_length_of_its_nonce() -> None:
    # By chance alone 10,000 samples stray by 0.01. On a busy machine the least of three counts:
    # a real dependence, like the one below, is there every time.
    assert min(correlation_with_length(by_us, 10_000) for _ in range(3)) < 0.05


def test_the_method_sees_a_signer_whose_time_follows_its_nonce() -> None:
    # The control, and the reason why python-ecdsa never gets a secret here.
    assert min(correlation_with_length(by_python, 300) for _ in range(3)) > 0.3
