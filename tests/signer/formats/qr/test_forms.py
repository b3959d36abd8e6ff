"""A payment in each form: read back by the reader of every link, and no code above its version."""

import time

import pytest

from host import optics
from signer.errors import Malformed
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


@pytest.mark.parametrize("form", [Form.BASE43, Form.BASE58, Form.HEX])
def test_what_is_too_long_for_one_code_is_not_written_in_its_letters_first(form: Form) -> None:
    """Base conversion of 100 KB takes ten seconds, and the device would stand still as long."""
    began = time.process_time()
    assert isinstance(message_of(bytes(range(256)) * 400, form, 20), Ur)
    assert time.process_time() - began < 0.05


@pytest.mark.parametrize("form", [Form.NUMBERED, Form.UR1, Form.BBQR])
def test_an_answer_in_any_form_fits_the_smallest_window(form: Form) -> None:
    """The peer's version is what it can read; of what there is no room for, nothing is shown."""
    series = cut(message_of(LARGE, form, 15), 6)
    texts = tuple(map(series.text, range(series.count)))
    assert optics.version_for(texts) == series.version == 6
    payment = read(texts)
    assert isinstance(payment, Payment)
    assert payment.psbt == LARGE


def test_a_part_of_a_version_1_ur_without_its_digest_is_no_part() -> None:
    """The checksum at the end of a long one costs seconds: no message without SHA-256 is joined."""
    texts = numbered.split_ur1(LARGE, 400)
    kind, number, _digest, body = texts[0].split("/")
    with pytest.raises(Malformed, match="which message"):
        numbered.parse(f"{kind}/{number}/{body}")
    assert numbered.parse(texts[0])


def test_a_damaged_letter_of_a_version_1_ur_is_seen() -> None:
    texts = list(numbered.split_ur1(LARGE, 400))
    texts[1] = texts[1][:-3] + ("Q" if texts[1][-3] != "Q" else "P") + texts[1][-2:]
    collector = NumberedCollector()
    parts = [part for text in texts if (part := numbered.parse(text))]
    for part in parts[:-1]:
        collector.add(part)
    with pytest.raises(Malformed, match="damaged"):
        collector.add(parts[-1])
