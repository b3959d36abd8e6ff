"""A seed as a code shows it: digits, bytes, words, their first letters, or a UR; into one buffer.

English words only: a code names no language, and by custom it is English (T63).
"""

import re

from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.payload.secrets import ENTROPY_SIZES, seed_form
from signer.formats.payload.values import SeedForm
from signer.formats.qr import ur
from signer.formats.qr.ur import Ur
from signer.keys.curve import erase
from signer.keys.seeds import mnemonic
from signer.keys.seeds.seed_words import SeedWords

_WORD = re.compile(rb"[A-Za-z]+")
_CUT = 4  # letters that tell every word of the list from the others (BIP39)
_NO_WORDS = "The UR holds no seed of 12 to 24 words."


def words_of(data: bytes, form: SeedForm) -> SeedWords:
    """The words of a seed that is written in this form, the caller's to erase.

    Raises Malformed, naming the place of a word that is none, and never the word.
    """
    words = SeedWords()
    try:
        _fill(words, data, form)
    except Malformed:
        words.erase()
        raise
    return words


def words_in(text: bytearray) -> SeedWords:
    """The words of entropy, or of a text that writes them. Raises Malformed; `text` stays."""
    if len(text) in ENTROPY_SIZES:
        return SeedWords.of_entropy(text)
    whole = bytes(text)
    try:
        form = seed_form(whole)
        if form is None:
            raise Malformed("It holds something else than a seed.")
        return words_of(whole, form)
    finally:
        erase(whole)


def _fill(words: SeedWords, data: bytes, form: SeedForm) -> None:
    match form:
        case SeedForm.DIGITS:
            _fill_from_digits(words, data)
        case SeedForm.COMPACT:
            _fill_from_entropy(words, data)
        case SeedForm.WORDS | SeedForm.LETTERS:
            for match in _WORD.finditer(data):
                words.append(_whole(match[0].decode("ascii").lower(), len(words) + 1))
        case SeedForm.UR_SEED | SeedForm.UR_WORDS:
            _fill_from_ur(words, data)


def _fill_from_digits(words: SeedWords, data: bytes) -> None:
    start = len(data) - len(data.lstrip())
    for offset in range(start, len(data.rstrip()), 4):
        place = 0
        for digit in data[offset : offset + 4]:
            place = 10 * place + digit - 0x30
        words.append_place(place)


def _fill_from_entropy(words: SeedWords, entropy: bytes) -> None:
    for place in mnemonic.places(entropy):
        words.append_place(place)


def _fill_from_ur(words: SeedWords, data: bytes) -> None:
    """crypto-seed and seed (BCR-2020-006): its entropy; crypto-bip39: its words."""
    whole = ur.parse(data.decode("ascii").strip())
    if not isinstance(whole, Ur):
        raise Malformed("Show the seed as one code.")
    value = cbor.decode_prefix(whole.cbor, cbor.LENIENT)
    erase(whole.cbor)
    fields = value.value if isinstance(value, cbor.Complete) else None
    content = fields.get(1) if isinstance(fields, dict) else None
    match content:
        case bytes(entropy):
            try:
                _fill_from_entropy(words, entropy)
            finally:
                erase(entropy)
        case [*texts]:
            for text in texts:
                if not isinstance(text, str):
                    raise Malformed(_NO_WORDS)
                words.append(_whole(text.lower(), len(words) + 1))
        case _:
            raise Malformed(_NO_WORDS)


def _whole(text: str, number: int) -> str:
    """The word of the list that this is, whole or by its first four letters."""
    starting = mnemonic.words_starting(text if len(text) <= _CUT else text[:_CUT])
    if text in starting:
        return text
    if len(text) == _CUT and len(starting) == 1:
        return starting[0]
    raise Malformed(f"Word {number} is not on the English list.")
