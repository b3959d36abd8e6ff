"""Small QR codes against another encoder, and read by a scanner."""

import hashlib
from math import isqrt

import pytest
import qrcode
from hypothesis import given, settings
from hypothesis import strategies as st
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

from signer.errors import Malformed
from signer.formats import small_qr
from tests.small_codes import decoded


def of_another(data: bytes, side: int, mode: int) -> list[bytearray]:
    """The code of another encoder, under each of the eight masks."""
    found = []
    for mask in range(8):
        code = qrcode.QRCode((side - 17) // 4, qrcode.ERROR_CORRECT_L, border=0, mask_pattern=mask)
        code.add_data(QRData(data, mode))
        code.make(fit=False)
        found.append(bytearray(cell for row in code.get_matrix() for cell in row))
    return found


@pytest.mark.parametrize(("size", "side"), [(16, 21), (20, 25), (24, 25), (28, 25), (32, 25)])
def test_bytes_are_as_another_encoder_writes_them(size: int, side: int) -> None:
    data = hashlib.sha256(bytes((size,))).digest()[:size]
    code = small_qr.modules(data)
    assert isqrt(len(code)) == side
    others = of_another(data, side, MODE_8BIT_BYTE)
    assert code in others
    assert sum(code) == min(map(sum, others))  # the fewest squares to draw


@pytest.mark.parametrize(("count", "side"), [(48, 25), (60, 25), (72, 25), (84, 29), (96, 29)])
def test_digits_are_as_another_encoder_writes_them(count: int, side: int) -> None:
    data = b"".join(b"%d" % (byte % 10) for byte in hashlib.shake_128(b"0").digest(count))
    code = small_qr.modules(data, is_digits=True)
    assert isqrt(len(code)) == side
    assert code in of_another(data, side, MODE_NUMBER)


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=53))
def test_a_scanner_reads_the_bytes(data: bytes) -> None:
    assert decoded(small_qr.modules(data)) == data


@settings(max_examples=30)
@given(st.text("0123456789", min_size=1, max_size=127))
def test_a_scanner_reads_the_digits(digits: str) -> None:
    assert decoded(small_qr.modules(digits.encode(), is_digits=True)) == digits.encode()


def test_what_does_not_fit_is_refused() -> None:
    small_qr.modules(bytes(53))
    for data, is_digits in ((bytes(54), False), (b"1" * 128, True)):
        with pytest.raises(Malformed):
            small_qr.modules(data, is_digits=is_digits)
