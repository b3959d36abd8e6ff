"""Telling a seed of Electrum from one of BIP39: the same words, but other keys behind them.

Nothing is derived here. Whoever typed the seed of an Electrum wallet must hear what it is, instead
of "wrong words" (T63). Seeds of before version 2.0 have a word list of their own and are not
recognised.
"""

import hmac
import unicodedata
from collections.abc import Iterator, Sequence

from signer.keys.scratch import Scratch

# electrum.readthedocs.io, "Electrum Seed Version System": how the hash begins, in hex.
_KINDS = {"01": "standard", "100": "segwit", "101": "two-factor", "102": "two-factor segwit"}
_MOST_WORDS = 50
_MOST_LETTERS = 100
# Between letters of these scripts Electrum drops the space.
_UNSPACED = (
    ("\u1100", "\u11ff"),  # Hangul Jamo, what Korean syllables decompose to
    ("\u3040", "\u30ff"),  # Hiragana, Katakana
    ("\u3400", "\u4dbf"),  # Han
    ("\u4e00", "\u9fff"),  # Han
)


def kind(words: Sequence[str]) -> str:
    """Which Electrum seed these words are: "standard", "segwit", ..., or "" if they are none.

    One sentence of BIP39 in about 240 looks like one by chance, so valid words get no more than a
    warning for it. (Electrum makes no seed that BIP39's checksum fits.)
    """
    if len(words) > _MOST_WORDS or any(len(word) > _MOST_LETTERS for word in words):
        return ""
    normalized = [_normalized(word) for word in words]
    with Scratch() as scratch:
        sentence = scratch.owned(bytearray().join(_pieces([word for word in normalized if word])))
        digest = hmac.digest(b"Seed version", sentence, "sha512").hex()
    return next((name for start, name in _KINDS.items() if digest.startswith(start)), "")


def _normalized(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word).lower()
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _pieces(words: Sequence[str]) -> Iterator[bytes]:
    for index, word in enumerate(words):
        if index and not (_unspaced(words[index - 1][-1]) and _unspaced(word[0])):
            yield b" "
        yield word.encode(errors="surrogatepass")


def _unspaced(letter: str) -> bool:
    return any(first <= letter <= last for first, last in _UNSPACED)
