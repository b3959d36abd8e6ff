"""Seed words (BIP39, English): words <-> entropy -> seed, and what a person may type next.

The words of a tuple are the word list's own strings, so only the tuple's order is secret. The
sentence itself exists in buffers that are erased, and error messages name places, never words.
"""

import hashlib
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from signer.errors import Malformed
from signer.formats.wordlist import ENGLISH
from signer.keys import curve

_INDEX = {word: index for index, word in enumerate(ENGLISH)}
_UTF8 = tuple(word.encode() for word in ENGLISH)
_ENTROPY_SIZES = (16, 20, 24, 28, 32)
_WORD_COUNTS = (12, 15, 18, 21, 24)  # BIP39: 4 bytes of entropy and 1 bit of checksum per 3 words
_ROUNDS = 2048


def words_from_entropy(entropy: bytes | bytearray) -> tuple[str, ...]:
    """12 to 24 words for 16, 20, 24, 28 or 32 bytes (BIP39, Generating the mnemonic)."""
    if len(entropy) not in _ENTROPY_SIZES:
        raise Malformed("Entropy has 16, 20, 24, 28 or 32 bytes.")
    # The checksum's first byte is always enough: whatever it has over is less than a word.
    checksum = hashlib.sha256(entropy).digest()[0]
    return tuple(ENGLISH[index] for index in _regroup(chain(entropy, (checksum,)), 8, 11))


def entropy_from_words(words: Sequence[str]) -> bytearray:
    """The entropy (16 to 32 bytes) of 12, 15, 18, 21 or 24 words, checksum checked.

    Raises Malformed: wrong count, a word that is not on the list (its place is named), or a
    checksum that does not fit.
    """
    indexes = _indexes(words)
    entropy = bytearray(len(words) // 3 * 4)
    for place, byte in zip(range(len(entropy)), _regroup(indexes, 11, 8), strict=False):
        entropy[place] = byte
    if words_from_entropy(entropy)[-1] != ENGLISH[indexes[-1]]:
        curve.erase(entropy)
        raise Malformed("The checksum does not fit: a word is wrong, or two are swapped.")
    return entropy


def seed_from_words(words: Sequence[str], passphrase: str = "") -> bytearray:
    """The BIP32 seed (64 bytes) of valid words and a passphrase (BIP39, From mnemonic to seed).

    Takes about a millisecond. The passphrase object itself stays with the caller: Python cannot
    erase a str. Raises Malformed as `entropy_from_words` does.
    """
    curve.erase(entropy_from_words(words))
    salt = _salt(passphrase)
    sentence = bytearray(b" ").join(_UTF8[index] for index in _indexes(words))
    stretched = hashlib.pbkdf2_hmac("sha512", sentence, salt, _ROUNDS)
    seed = bytearray(64)
    memoryview(seed)[:] = memoryview(stretched)
    for buffer in (sentence, salt, stretched):
        curve.erase(buffer)
    return seed


def words_starting(prefix: str) -> tuple[str, ...]:
    """The words of the list that begin with `prefix` (lower case), in alphabetical order."""
    return ENGLISH[bisect_left(ENGLISH, prefix) : bisect_left(ENGLISH, prefix + "\x7f")]


def next_letters(prefix: str) -> tuple[str, ...]:
    """The letters that lead on from `prefix` to a word, in alphabetical order."""
    end = len(prefix)
    return tuple(sorted({word[end] for word in words_starting(prefix) if len(word) > end}))


def _indexes(words: Sequence[str]) -> list[int]:
    if len(words) not in _WORD_COUNTS:
        raise Malformed(f"A seed has 12, 15, 18, 21 or 24 words, not {len(words)}.")
    indexes = [_INDEX.get(unicodedata.normalize("NFKD", word), -1) for word in words]
    if -1 in indexes:
        raise Malformed(f"Word {indexes.index(-1) + 1} is not on the list.")
    return indexes


def _salt(passphrase: str) -> bytearray:
    # Checked here: the UnicodeEncodeError that would follow carries the whole passphrase with it.
    if any("\ud800" <= letter <= "\udfff" for letter in passphrase):
        raise Malformed("The passphrase holds half a character.")
    encoded = unicodedata.normalize("NFKD", passphrase).encode()
    salt = bytearray(8 + len(encoded))
    salt[:8] = b"mnemonic"
    memoryview(salt)[8:] = memoryview(encoded)
    curve.erase(encoded)
    return salt


def _regroup(values: Iterable[int], wide: int, narrow: int) -> Iterator[int]:
    """Groups of `wide` bits as groups of `narrow` bits; an incomplete last group is dropped.

    Bit by bit through small numbers: the whole entropy is never one integer.
    """
    pending = bits = 0
    for value in values:
        pending = (pending << wide | value) & 0x3FFFF
        bits += wide
        while bits >= narrow:
            bits -= narrow
            yield pending >> bits & ((1 << narrow) - 1)
