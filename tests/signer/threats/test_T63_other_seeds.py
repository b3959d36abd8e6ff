"""T63: words of another list or another scheme must not quietly open some other, empty wallet."""

import pytest

from signer.errors import Malformed
from signer.keys import mnemonic
from tests.signer.published import shared

# Made by Electrum ("standard" and "segwit" seeds from its own tests): words of the same list, no
# BIP39 checksum.
ELECTRUM = [
    "cram swing cover prefer miss modify ritual silly deliver chunk behind inform",
    "wild father tree among universe such mobile favorite target dynamic credit identify",
]


@pytest.mark.parametrize("words", ELECTRUM)
def test_an_electrum_seed_is_malformed(words: str) -> None:
    with pytest.raises(Malformed, match="checksum"):
        mnemonic.seed_from_words(words.split())


@pytest.mark.parametrize("language", ["french", "spanish", "japanese", "chinese_simplified"])
def test_words_of_another_language_are_malformed(language: str) -> None:
    words = shared(f"bip39-wordlists/{language}.txt").read_text().split()[100:112]
    with pytest.raises(Malformed, match="not on the list"):
        mnemonic.entropy_from_words(words)


def test_two_swapped_words_are_malformed() -> None:
    words = [*mnemonic.words_from_entropy(b"\x7f" * 16)]
    assert mnemonic.entropy_from_words(words) == b"\x7f" * 16
    words[1], words[2] = words[2], words[1]
    with pytest.raises(Malformed, match="swapped"):
        mnemonic.entropy_from_words(words)
