"""A payment in each form: read back by the reader of every link, and no code above its version."""

import pytest

from host import optics
from signer.formats.payload import radix, reader
from signer.formats.payload.values import Form, Payment
from signer.formats.qr import bbqr, numbered
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.forms import message_of
from signer.formats.qr.numbered import NumberedCollector
from signer.formats.qr.series import cut
from signer.formats.qr.ur import Ur
from tests import psbts

ONE_CODE = (Form.HEX, Form.BASE43, Form.BASE58)
SMALL = psbts.build(psbts.keyring(), 1)
LARGE = psbts.build(psbts.keyring(), 12)


def texts_of(psbt: bytes, form: Form, version: int) -> tuple[str, ...]:
    series = cut(message_of(psbt, form, version), version)
    return tuple(map(series.text, range(series.count)))


def read(texts: tuple[str, ...]) -> object:
    """What a device makes of them."""
    if texts[0].startswith(bbqr.START):
        files = bbqr.BbqrCollector("P")
        seen = [files.add(text) for text in texts][-1]
        assert isinstance(seen, BbqrFile)
        return reader.read(seen)
    if numbered.parse(texts[0]):
        parts = NumberedCollector()
        whole = [parts.add(part) for text in texts if (part := numbered.parse(text))][-1]
        assert isinstance(whole, numbered.Numbered)
        return reader.read(whole)
    return reader.read(texts[0])


@pytest.mark.parametrize("version", [12, 15, 20])
@pytest.mark.parametrize("form", [Form.BBQR, Form.NUMBERED, Form.UR1, *ONE_CODE])
def test_a_payment_in_each_form_is_read_back_from_codes_of_its_size(
    form: Form, version: int
) -> None:
    for psbt in (SMALL, LARGE):
        texts = texts_of(psbt, form, version)
        assert optics.version_for(texts) <= version
        if isinstance(message_of(psbt, form, version), Ur):
            assert form in ONE_CODE
            continue
        payment = read(texts)
        assert isinstance(payment, Payment)
        assert payment.psbt == psbt


@pytest.mark.parametrize("version", [6, 12, 20])
@pytest.mark.parametrize("form", ONE_CODE)
def test_a_payment_is_one_code_exactly_where_one_of_that_version_holds_it(
    form: Form, version: int
) -> None:
    turns = []
    for length in range(20, 900, 3):
        data = b"psbt\xff" + bytes(n * 37 % 251 for n in range(length))
        message = message_of(data, form, version)
        turns.append(isinstance(message, Ur))
        if not isinstance(message, Ur):
            assert optics.version_for(texts_of(data, form, version)) <= version
    largest = turns.index(True) * 3 + 20
    text = {
        Form.HEX: lambda data: data.hex().upper(),
        Form.BASE43: lambda data: radix.encode(data, radix.BASE43),
        Form.BASE58: lambda data: radix.encode(data, radix.BASE58),
    }[form](b"psbt\xff" + bytes(n * 37 % 251 for n in range(largest + 6)))
    assert optics.version_for((text,)) > version
