"""signer/keys/seeds/seed_words.py: words in a row that can be erased."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.words.wordlist import LANGUAGES
from signer.keys.seeds import mnemonic
from signer.keys.seeds.seed_words import SeedWords
from tests.signer.published import own

SIZES = (16, 20, 24, 28, 32)


@given(st.sampled_from(SIZES).flatmap(lambda n: st.binary(min_size=n, max_size=n)))
def test_they_are_the_words_of_their_entropy_and_lead_back_to_it(entropy: bytes) -> None:
    words = SeedWords.of_entropy(entropy)
    assert tuple(words[n] for n in range(len(words))) == mnemonic.words_from_entropy(entropy)
    assert words.entropy() == entropy


@pytest.mark.parametrize("language", LANGUAGES)
def test_they_are_of_any_language(language: str) -> None:
    typed = SeedWords(language)
    for word in mnemonic.words_from_entropy(bytes(range(16)), language):
        typed.append(word)
    assert typed.entropy() == bytes(range(16))


def test_published_words_are_taken_down_one_by_one() -> None:
    for case in own("bip39")["cases"]:
        with SeedWords() as words:
            for word in case["words"].split():
                words.append(word)
            assert words.entropy().hex() == case["entropy"]


def test_the_last_word_can_be_taken_back_until_none_is_left() -> None:
    words = SeedWords.of_entropy(bytes(16))
    about = words[11]
    words.pop()
    assert len(words) == 11
    words.append(about)
    assert words.entropy() == bytes(16)
    for _ in range(13):
        words.pop()
    assert len(words) == 0


def test_a_word_that_was_taken_back_is_gone_from_the_buffer() -> None:
    words = SeedWords()
    for word in ("zone", "zoo"):
        words.append(word)
    words.pop()
    assert words[0] == "zone"
    assert not any(words._buffer[2:])


def test_a_wrong_word_a_wrong_count_and_a_wrong_checksum_are_malformed() -> None:
    words = SeedWords()
    with pytest.raises(Malformed, match="Word 1 is not on the list"):
        words.append("quietkey")
    with pytest.raises(Malformed, match="not 0"):
        words.entropy()
    for _ in range(12):
        words.append("zoo")
    with pytest.raises(Malformed, match="checksum"):
        words.entropy()


def test_there_are_at_most_twenty_four() -> None:
    words = SeedWords.of_entropy(bytes(32))
    with pytest.raises(Malformed, match="at most 24"):
        words.append("zoo")
    assert words.entropy() == bytes(32)


@pytest.mark.parametrize("number", [12, 13, -13])
def test_a_word_beyond_the_last_is_none(number: int) -> None:
    with pytest.raises(IndexError):
        SeedWords.of_entropy(bytes(16))[number]


def test_erased_they_are_zeros_and_have_no_printable_form() -> None:
    with SeedWords.of_entropy(b"\x7f" * 16) as words:
        assert any(words._buffer)
        assert "legal" not in f"{words!r} {words}"
    assert words._buffer == bytes(48)
    assert len(words) == 0
