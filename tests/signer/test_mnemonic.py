"""Seed words: the published ones, every single mistake, and what may be typed next."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.wordlist import ENGLISH
from signer.keys import mnemonic
from tests.signer.published import cases, own, shared

WORDS = tuple(own("bip39")["cases"][0]["words"].split())
entropies = st.sampled_from((16, 20, 24, 28, 32)).flatmap(
    lambda size: st.binary(min_size=size, max_size=size)
)


@pytest.mark.parametrize("case", cases("bip39"))
def test_published_words_entropy_and_seed_belong_together(case: dict[str, str]) -> None:
    words = mnemonic.words_from_entropy(bytes.fromhex(case["entropy"]))
    assert " ".join(words) == case["words"]
    assert mnemonic.entropy_from_words(words).hex() == case["entropy"]
    assert mnemonic.seed_from_words(words, "TREZOR").hex() == case["seed"]


def test_all_24_english_vectors_hold() -> None:
    rows = json.loads(shared("bip39/trezor-vectors.json").read_text())["english"]
    assert len(rows) == 24
    for entropy, words, seed, _ in rows:
        assert " ".join(mnemonic.words_from_entropy(bytes.fromhex(entropy))) == words
        assert mnemonic.entropy_from_words(words.split()).hex() == entropy
        assert mnemonic.seed_from_words(words.split(), "TREZOR").hex() == seed


@given(entropies)
def test_every_entropy_reads_back(entropy: bytes) -> None:
    words = mnemonic.words_from_entropy(entropy)
    assert len(words) == len(entropy) * 3 // 4
    assert mnemonic.entropy_from_words(words) == entropy


@pytest.mark.parametrize("size", [0, 15, 17, 31, 33, 64])
def test_entropy_of_another_size_has_no_words(size: int) -> None:
    with pytest.raises(Malformed, match="16, 20, 24, 28 or 32"):
        mnemonic.words_from_entropy(bytes(size))


@pytest.mark.parametrize("count", [0, 1, 11, 13, 23, 25])
def test_another_number_of_words_is_malformed(count: int) -> None:
    with pytest.raises(Malformed, match=f"not {count}"):
        mnemonic.entropy_from_words(("abandon",) * count)


@given(st.integers(0, 11), st.text(max_size=12))
def test_an_unknown_word_is_named_by_its_place_and_never_by_itself(place: int, word: str) -> None:
    if unicodedata.normalize("NFKD", word) in ENGLISH:
        return
    words = [*WORDS[:place], word, *WORDS[place + 1 :]]
    with pytest.raises(Malformed) as caught:
        mnemonic.entropy_from_words(words)
    assert str(caught.value) == f"Word {place + 1} is not on the list."


def test_exactly_one_in_sixteen_last_words_fits_eleven_others() -> None:
    fits = []
    for last in ENGLISH:
        try:
            mnemonic.entropy_from_words((*WORDS[:11], last))
        except Malformed:
            continue
        fits.append(last)
    assert len(fits) == 2048 // 16
    assert "about" in fits


@given(entropies)
def test_a_seed_is_only_made_from_words_whose_checksum_fits(entropy: bytes) -> None:
    words = [*mnemonic.words_from_entropy(entropy)]
    words[-1] = ENGLISH[ENGLISH.index(words[-1]) ^ 1]
    with pytest.raises(Malformed, match="checksum"):
        mnemonic.seed_from_words(words)


def test_entropy_that_fails_its_checksum_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    erased: list[bytes | bytearray] = []
    monkeypatch.setattr(mnemonic.curve, "erase", erased.append)
    with pytest.raises(Malformed, match="checksum"):
        mnemonic.entropy_from_words((*WORDS[:11], "zoo"))
    assert [len(buffer) for buffer in erased] == [16]


def test_a_word_in_full_width_letters_is_the_same_word() -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in WORDS[0])
    assert mnemonic.seed_from_words((wide, *WORDS[1:])) == mnemonic.seed_from_words(WORDS)


def test_a_passphrase_is_normalized_so_that_two_keyboards_open_one_wallet() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    seed = mnemonic.seed_from_words(WORDS, composed)
    assert seed == mnemonic.seed_from_words(WORDS, decomposed)
    assert seed != mnemonic.seed_from_words(WORDS, "cafe")
    assert mnemonic.seed_from_words(WORDS) == mnemonic.seed_from_words(WORDS, "")


@pytest.mark.parametrize("surrogate", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_an_impossible_passphrase_is_malformed_and_in_no_exception(surrogate: int) -> None:
    secret = "hunter2" + chr(surrogate)
    with pytest.raises(Malformed) as caught:
        mnemonic.seed_from_words(WORDS, secret)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=5))
def test_typing_offers_exactly_the_words_and_letters_of_the_list(prefix: str) -> None:
    words = tuple(word for word in ENGLISH if word.startswith(prefix))
    assert mnemonic.words_starting(prefix) == words
    letters = {word[len(prefix)] for word in words if len(word) > len(prefix)}
    assert mnemonic.next_letters(prefix) == tuple(sorted(letters))


@pytest.mark.parametrize("prefix", ["A", "zz", "é", "\x7f", "abandona", " "])
def test_typing_what_starts_no_word_offers_nothing(prefix: str) -> None:
    assert mnemonic.words_starting(prefix) == ()
    assert mnemonic.next_letters(prefix) == ()
