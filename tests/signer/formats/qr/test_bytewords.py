"""Bytewords: what was published, and one letter changed is one letter noticed."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.qr import bytewords
from tests.signer import published


@pytest.mark.parametrize("case", published.cases("ur", "bytewords"))
def test_published_bytewords_are_written_and_read(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["data"])
    assert bytewords.encode(data) == case["text"]
    assert bytewords.decode(case["text"]) == data


def test_each_byte_has_the_first_and_last_letter_of_its_word() -> None:
    words = json.loads(published.shared("qr/bytewords_table.json").read_text())
    assert bytewords.encode(bytes(range(256)))[:512] == "".join(w[0] + w[3] for w in words)


@given(st.binary(min_size=1, max_size=200))
def test_bytewords_read_back_in_either_case(data: bytes) -> None:
    text = bytewords.encode(data)
    assert bytewords.decode(text) == bytewords.decode(text.upper()) == data


@given(st.binary(min_size=1, max_size=50), st.data())
def test_one_changed_letter_is_malformed(data: bytes, draw: st.DataObject) -> None:
    text = bytewords.encode(data)
    at = draw.draw(st.integers(0, len(text) - 1))
    letters = "abcdefghijklmnopqrstuvwxyz".replace(text[at], "")
    other = draw.draw(st.sampled_from(letters))
    with pytest.raises(Malformed):
        bytewords.decode(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize(
    "text", ["", "ae", "aeae", "aeaeaeae", "aea", "aeadaolazmjendeot", "ä" * 12]
)
def test_what_is_too_short_or_no_letter_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        bytewords.decode(text)


def test_no_letter_that_does_not_print_stands_for_a_word() -> None:
    text = bytewords.encode(bytes(3))
    assert text.startswith("aeaeae")
    with pytest.raises(Malformed):
        bytewords.decode(text.replace("ae", "\0\0"))


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    with suppress(Malformed):
        assert bytewords.encode(bytewords.decode(text)) == text.lower()
