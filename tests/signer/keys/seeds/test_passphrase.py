"""A passphrase in buffers: the same keys as with a str, for whatever text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.keys.seeds.mnemonic import seed_from_entropy, seed_from_words
from signer.keys.seeds.passphrase import LONGEST, normalized
from tests.desk import ABANDON

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@given(TEXT | st.text("äåñ가각힣ﬁ①\u0301\u0323\u0307\u05b0\u0f71\u0345", max_size=40))
def test_it_is_nfkd_for_whatever_text(text: str) -> None:
    expected = unicodedata.normalize("NFKD", text).encode()
    try:
        assert normalized(text.encode()) == expected
    except Malformed:
        assert max(len(text.encode()), len(expected)) > LONGEST


@pytest.mark.parametrize("passphrase", ["", "TREZOR", "㍍ガバヴァぱばぐゞちぢ十人十色", "é" * 40])
def test_the_seed_is_the_same_as_of_a_str(passphrase: str) -> None:
    entropy = bytes(16)
    again = seed_from_entropy(entropy, passphrase.encode())
    assert again == seed_from_words(ABANDON, passphrase) == seed_from_entropy(entropy, passphrase)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"a\n", "one line"),
        (b"\x00", "one line"),
        ("\x85".encode(), "one line"),
        (b"\xff", "no text"),
        (b"\xc3", "no text"),
        (b"\xed\xa0\x80", "no text"),
        (b"\x80a", "no text"),
        (b"a" * (LONGEST + 1), "at most"),
        ("\ufdfa".encode() * 80, "at most"),
    ],
)
def test_what_is_none_is_refused_with_a_sentence_that_repeats_nothing(
    text: bytes, sentence: str
) -> None:
    with pytest.raises(Malformed, match=sentence) as caught:
        normalized(text)
    assert caught.value.__cause__ is None
