"""Base58 as the world writes it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import base58
from tests.signer.published import own, shared


@given(st.binary(max_size=120))
def test_every_payload_reads_back(payload: bytes) -> None:
    assert base58.decode_check(base58.encode_check(payload)) == payload
    assert base58.decode(base58.encode(payload)) == payload


@given(st.text(max_size=60) | st.text(alphabet=base58.ALPHABET, max_size=120))
def test_text_is_malformed_or_the_one_text_of_its_bytes(text: str) -> None:
    try:
        payload = base58.decode_check(text)
    except Malformed:
        return
    assert base58.encode_check(payload) == text


@given(st.data())
def test_one_changed_letter_of_an_xpub_is_noticed(data: st.DataObject) -> None:
    xpub = own("bip32")["cases"][0]["xpub"]
    place = data.draw(st.integers(0, len(xpub) - 1))
    letter = data.draw(st.sampled_from(base58.ALPHABET.replace(xpub[place], "")))
    with pytest.raises(Malformed, match="checksum"):
        base58.decode_check(xpub[:place] + letter + xpub[place + 1 :])


@pytest.mark.parametrize("text", ["", "1", "111", "3yQ"])
def test_text_too_short_for_a_checksum_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="checksum"):
        base58.decode_check(text)


@pytest.mark.parametrize("text", ["0", "O", "I", "l", " 1", "1\n", "é"])
def test_a_foreign_letter_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="not base58"):
        base58.decode(text)


def test_text_too_long_to_decode_quickly_is_malformed() -> None:
    with pytest.raises(Malformed, match="600 letters"):
        base58.decode("z" * 600)


def test_core_s_base58_examples_hold_both_ways() -> None:
    rows = json.loads(shared("bitcoin-core/base58_encode_decode.json").read_text())
    assert len(rows) >= 14
    for data, text in rows:
        assert base58.encode(bytes.fromhex(data)) == text
        assert base58.decode(text) == bytes.fromhex(data)


def test_text_of_512_letters_is_still_read() -> None:
    assert base58.decode("1" * 512) == bytes(512)
    with pytest.raises(Malformed):
        base58.decode("1" * 513)
