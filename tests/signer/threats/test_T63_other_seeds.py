"""T63: words of another list or another scheme must not quietly open some other, empty wallet."""

import pytest

from signer.errors import Malformed
from signer.formats.words.slip39_words import WORDS as SLIP39
from signer.formats.words.wordlist import LANGUAGES, words_of
from signer.keys.backups import slip39
from signer.keys.seeds import electrum, mnemonic

# Made by Electrum: words of the same list, no BIP39 checksum.
ELECTRUM = {
    "cycle rocket west magnet parrot shuffle foot correct salt library feed song": "standard",
    "bitter grass shiver impose acquire brush forget axis eager alone wine silver": "segwit",
}


@pytest.mark.parametrize("words", ELECTRUM)
def test_an_electrum_seed_is_malformed_and_called_by_its_name(words: str) -> None:
    with pytest.raises(Malformed, match=rf"checksum.+Electrum.+\({ELECTRUM[words]}\)"):
        mnemonic.seed_from_words(words.split())


def test_a_mere_mistake_is_not_called_electrum() -> None:
    with pytest.raises(Malformed) as caught:
        mnemonic.seed_from_words(("abandon",) * 12)
    assert "checksum" in str(caught.value)
    assert str(caught.value).endswith("two are swapped.")


def test_a_valid_seed_that_looks_like_electrum_opens_and_can_be_warned_of() -> None:
    # One in 240 does so by chance. This is the first, counting up from zero.
    number = next(
        number
        for number in range(10_000)
        if electrum.kind(mnemonic.words_from_entropy(number.to_bytes(16, "big")))
    )
    words = mnemonic.words_from_entropy(number.to_bytes(16, "big"))
    assert mnemonic.seed_from_words(words)
    assert electrum.kind(words) in {"standard", "segwit", "two-factor", "two-factor segwit"}


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "english"])
def test_words_of_another_language_are_malformed(language: str) -> None:
    words = mnemonic.words_from_entropy(bytes(range(32)), language)
    with pytest.raises(Malformed, match="not on the list"):
        mnemonic.entropy_from_words(words)


# English and French share 100 words, none at the same place; these twelve fit both checksums.
_BOTH = "abandon amateur angle animal aspect badge bicycle bonus brave canal civil cruel"
BOTH = tuple(_BOTH.split())


def test_words_that_are_a_seed_in_two_languages_are_ambiguous_and_two_different_wallets() -> None:
    assert mnemonic.languages_of(BOTH) == ("english", "french")
    entropies = {bytes(mnemonic.entropy_from_words(BOTH, name)) for name in ("english", "french")}
    assert len(entropies) == 2


def test_words_on_both_chinese_lists_are_ambiguous_and_the_same_wallet() -> None:
    simplified, traditional = (
        words_of(f"chinese_{kind}") for kind in ("simplified", "traditional")
    )
    both = [word for word in simplified if word in set(traditional)]
    assert len(both) == 1275
    assert mnemonic.languages_of(both[:12]) == ("chinese_simplified", "chinese_traditional")
    assert all(simplified.index(word) == traditional.index(word) for word in both)


def test_words_of_no_language_have_none() -> None:
    assert mnemonic.languages_of(("abandon", "nonsense")) == ()


def test_the_last_word_is_never_chosen_for_the_person() -> None:
    words = mnemonic.words_from_entropy(b"\x33" * 16)
    offered = mnemonic.last_words(words[:11])
    assert len(offered) == 128
    assert words[11] in offered
    assert len({bytes(mnemonic.entropy_from_words((*words[:11], last))) for last in offered}) == 128


def test_shares_are_not_words_of_bip39_and_words_of_bip39_are_no_shares() -> None:
    with pytest.raises(Malformed):
        slip39.parse(mnemonic.words_from_entropy(bytes(32)))
    with pytest.raises(Malformed):
        mnemonic.entropy_from_words(SLIP39[:24])


def test_two_swapped_words_are_malformed() -> None:
    words = [*mnemonic.words_from_entropy(b"\x7f" * 16)]
    assert mnemonic.entropy_from_words(words) == b"\x7f" * 16
    words[1], words[2] = words[2], words[1]
    with pytest.raises(Malformed, match="swapped"):
        mnemonic.entropy_from_words(words)
