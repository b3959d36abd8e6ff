"""T53: a second encoding of a signature lets others change a transaction's id, or a fee be wrong.

Ours are strict DER, low S and low R, at most 70 bytes; any other is no signature to either library.
(Wycheproof's cases of it are in test_wycheproof.)
"""

import pytest
from ecdsa.util import sigdecode_der, sigencode_der
from hypothesis import given
from hypothesis import strategies as st

from signer.keys import curve

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
