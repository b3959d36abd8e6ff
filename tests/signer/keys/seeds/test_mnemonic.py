"""Seed words: the published ones, every single mistake, and what may be typed next."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import CommonReason, Malformed, Refused
from signer.formats.words.wordlist import ENGLISH, LANGUAGES, words_of
from signer.keys.keyring import Keyring
from signer.keys.seeds import mnemonic
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_24_vectors_of_each_language_hold(language: str) -> None:
    rows = json.loads(shared("bip39/trezor-vectors.json").read_text())[language]
    assert len(rows) == 24
    for entropy, sentence, seed, _ in rows:
        words = mnemonic.words_from_entropy(bytes.fromhex(entropy), language)
        assert mnemonic.sentence(words, language) == sentence
        assert mnemonic.entropy_from_words(sentence.split(), language).hex() == entropy
        assert mnemonic.seed_from_words(words, "TREZOR", language).hex() == seed


@pytest.mark.parametrize("case", own("bip39_languages")["cases"], ids=lambda case: case["language"])
def test_a_published_seed_of_each_language_opens(case: dict[str, str]) -> None:
    language, sentence = case["language"], case["words"]
    assert mnemonic.entropy_from_words(sentence.split(), language).hex() == case["entropy"]
    assert mnemonic.seed_from_words(sentence.split(), "TREZOR", language).hex() == case["seed"]


def test_japanese_words_are_joined_by_ideographic_spaces_and_read_with_either() -> None:
    words = mnemonic.words_from_entropy(bytes(16), "japanese")
    wide = mnemonic.sentence(words, "japanese")
    assert wide.count("\u3000") == 11
    assert " " not in wide
    seeds = [
        mnemonic.seed_from_words(text.split(), "", "japanese")
        for text in (wide, wide.replace("\u3000", " "), unicodedata.normalize("NFC", wide))
    ]
    assert seeds[0] == seeds[1] == seeds[2]


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
    for read in (mnemonic.entropy_from_words, mnemonic.indexes_from_words):
        with pytest.raises(Malformed, match=f"not {count}"):
            read(("abandon",) * count)
    with pytest.raises(Malformed, match=f"not {count}"):
        mnemonic.entropy_from_indexes((0,) * count)


@given(st.integers(0, 11), st.text(max_size=12))
def test_an_unknown_word_is_named_by_its_place_and_never_by_itself(place: int, word: str) -> None:
    if unicodedata.normalize("NFKD", word) in ENGLISH:
        return
    words = [*WORDS[:place], word, *WORDS[place + 1 :]]
    with pytest.raises(Malformed) as caught:
        mnemonic.entropy_from_words(words)
    assert str(caught.value) == f"Word {place + 1} is not on the list."


@pytest.mark.parametrize("count", [12, 15, 18, 21, 24])
def test_the_last_words_offered_are_exactly_those_that_fit(count: int) -> None:
    places = (*range(700, 700 + count - 1),)
    fits = []
    for last in range(2048):
        try:
            mnemonic.entropy_from_indexes((*places, last))
        except Malformed:
            continue
        fits.append(ENGLISH[last])
    offered = mnemonic.last_words([ENGLISH[place] for place in places])
    assert list(offered) == fits
    assert len(offered) == 2048 >> count // 3


def test_last_words_are_offered_in_the_language_of_the_first() -> None:
    words = mnemonic.words_from_entropy(b"\x5c" * 32, "korean")
    offered = mnemonic.last_words(words[:23], "korean")
    assert words[23] in offered
    assert len(offered) == 8


@pytest.mark.parametrize("count", [0, 1, 10, 12, 13, 22, 24, 100])
def test_there_is_no_last_word_after_another_number_of_words(count: int) -> None:
    with pytest.raises(Malformed, match=f"not after {count}"):
        mnemonic.last_words(("abandon",) * count)


def test_a_word_off_the_list_has_no_last_word() -> None:
    with pytest.raises(Malformed, match="Word 3"):
        mnemonic.last_words((*WORDS[:2], "bitcoin", *WORDS[3:11]))


@given(entropies)
def test_a_seed_is_only_made_from_words_whose_checksum_fits(entropy: bytes) -> None:
    words = [*mnemonic.words_from_entropy(entropy)]
    words[-1] = ENGLISH[ENGLISH.index(words[-1]) ^ 1]
    with pytest.raises(Malformed, match="checksum"):
        mnemonic.seed_from_words(words)


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


@pytest.mark.parametrize("prefix", ["A", "zz", "\u3042", "\x7f", "abandona", " "])
def test_typing_what_starts_no_word_offers_nothing(prefix: str) -> None:
    assert mnemonic.words_starting(prefix) == ()
    assert mnemonic.next_letters(prefix) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_language_can_be_typed_letter_by_letter(language: str) -> None:
    for word in words_of(language)[::61]:
        letters = mnemonic._plain(word)
        for typed, letter in enumerate(letters):
            assert letter in mnemonic.next_letters(letters[:typed], language)
        assert word in mnemonic.words_starting(letters, language)


def test_latin_accents_need_not_be_typed_and_may_be() -> None:
    assert mnemonic.words_starting("abeja", "spanish") == mnemonic.words_starting(
        "abeja", "spanish"
    )
    assert mnemonic.words_starting("abaco", "spanish") == (words_of("spanish")[0],)
    assert mnemonic.words_starting("\u00e1baco", "spanish") == (words_of("spanish")[0],)
    assert "\u0301" not in mnemonic.next_letters("a", "french")


@pytest.mark.parametrize("mark", ["\u0300", "\u0301", "\u036f"])
def test_any_latin_accent_may_be_typed_and_none_is_offered(mark: str) -> None:
    offered = mnemonic.words_starting("abaco", "spanish")
    assert mnemonic.words_starting(f"a{mark}baco", "spanish") == offered
    assert mark not in {
        letter
        for language in ("french", "spanish")
        for word in words_of(language)
        for letter in mnemonic.next_letters(mnemonic._plain(word)[:2], language)
    }


@pytest.mark.parametrize("letter", ["\u02ff", "\u0370"])
def test_what_is_next_to_the_accents_is_a_letter(letter: str) -> None:
    assert mnemonic.words_starting(f"a{letter}baco", "spanish") == ()


def test_the_marks_of_japanese_syllables_are_letters() -> None:
    with_mark = mnemonic.words_starting("\u304b\u3099", "japanese")
    assert with_mark
    assert set(with_mark) < set(mnemonic.words_starting("\u304b", "japanese"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_words_of_a_language_differ_by_accents_alone(language: str) -> None:
    assert len(set(mnemonic._plain_words(language))) == 2048


@given(entropies, st.sampled_from(LANGUAGES))
def test_every_language_reads_back(entropy: bytes, language: str) -> None:
    words = mnemonic.words_from_entropy(entropy, language)
    assert mnemonic.entropy_from_words(words, language) == entropy
    assert language in mnemonic.languages_of(words)


def test_an_unknown_language_is_malformed() -> None:
    with pytest.raises(Malformed, match="language"):
        mnemonic.words_from_entropy(bytes(16), "klingon")


def test_places_outside_of_the_list_have_no_words() -> None:
    for places in ((-1,), (2048,), (0, -1), (2048, 0)):
        with pytest.raises(Malformed, match="0 to 2047"):
            mnemonic.words_from_indexes(places)


def test_places_and_words_belong_together() -> None:
    places = mnemonic.indexes_from_words(WORDS)
    assert places == (0,) * 11 + (3,)
    assert mnemonic.words_from_indexes(places) == WORDS


def test_one_word_has_its_place_in_its_language() -> None:
    assert mnemonic.place_of("zoo") == 2047
    assert mnemonic.place_of(words_of("korean")[5], "korean") == 5
    with pytest.raises(Malformed, match="not on the list"):
        mnemonic.place_of("zooo")


def test_an_entropy_opens_what_its_words_open() -> None:
    entropy = bytes(range(32))
    words = mnemonic.words_from_entropy(entropy)
    assert mnemonic.seed_from_entropy(entropy) == mnemonic.seed_from_words(words)
    words = mnemonic.words_from_entropy(entropy, "korean")
    opened = mnemonic.seed_from_words(words, "\u00e9", "korean")
    assert mnemonic.seed_from_entropy(entropy, "\u00e9", "korean") == opened


def test_the_fingerprint_is_that_of_words_and_passphrase() -> None:
    # BIP32's identifier of m, as any other wallet shows it for this seed.
    assert mnemonic.fingerprint_of(WORDS).hex() == "73c5da0a"
    assert mnemonic.fingerprint_of(WORDS, "TREZOR").hex() == "b4e3f5ed"


def test_the_keys_that_a_fingerprint_took_are_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    # A spy, because freed memory is soon written over: a search of it may find them or not.
    made: list[Keyring] = []

    def remembered(seed: bytearray) -> Keyring:
        made.append(Keyring(seed))
        return made[0]

    monkeypatch.setattr(mnemonic, "Keyring", remembered)
    mnemonic.fingerprint_of(WORDS)
    with pytest.raises(Refused) as caught:
        made[0].public_key(())
    assert caught.value.reason is CommonReason.KEYS_WIPED


def test_a_passphrase_of_a_novel_is_malformed() -> None:
    assert mnemonic.seed_from_words(WORDS, "a" * 1024)
    with pytest.raises(Malformed, match="at most 1024"):
        mnemonic.seed_from_words(WORDS, "a" * 1025)
