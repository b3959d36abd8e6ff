"""Seed words (BIP39, ten languages): words <-> entropy -> seed, and what a person may type next.

The language is always said, never guessed: English and French share words at different places, and
twelve of them can be a valid seed in both (T63).
The words of a tuple are the word list's own strings, so only the tuple's order is secret; a row
of words that must not outlive its use is a `seed_words.SeedWords`. The sentence itself exists in
buffers that are erased, and error messages name places, never words.
"""

import hashlib
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from signer.errors import Malformed
from signer.formats.bits import regroup
from signer.formats.words.wordlist import LANGUAGES, words_of
from signer.keys.curve import Buffer
from signer.keys.keyring import Keyring
from signer.keys.scratch import Scratch
from signer.keys.seeds import electrum, lookup
from signer.keys.seeds.passphrase import normalized

_ENTROPY_SIZES = (16, 20, 24, 28, 32)
_WORD_COUNTS = (12, 15, 18, 21, 24)  # BIP39: 4 bytes of entropy and 1 bit of checksum per 3 words
MOST_WORDS = _WORD_COUNTS[-1]
_ROUNDS = 2048
_MAX_PASSPHRASE = 1024  # letters; some of them grow 18-fold when normalized


def words_from_entropy(entropy: bytes | bytearray, language: str = "english") -> tuple[str, ...]:
    """12 to 24 words for 16, 20, 24, 28 or 32 bytes (BIP39, Generating the mnemonic)."""
    return words_from_indexes(tuple(places(entropy)), language)


def entropy_from_words(words: Sequence[str], language: str = "english") -> bytearray:
    """The entropy (16 to 32 bytes) of 12, 15, 18, 21 or 24 words, checksum checked.

    Raises Malformed: wrong count, a word that is not on the list (its place is named), or a
    checksum that does not fit; words that Electrum made are named as such (T63).
    """
    indexes = indexes_from_words(words, language)
    try:
        return entropy_from_indexes(indexes)
    except Malformed as error:
        kind = electrum.kind(words)
        hint = f" Electrum made such words ({kind}): its seeds are not BIP39's." if kind else ""
        raise Malformed(f"{error}{hint}") from None


def seed_from_words(
    words: Sequence[str], passphrase: str = "", language: str = "english"
) -> bytearray:
    """The BIP32 seed (64 bytes) of valid words and a passphrase (BIP39, From mnemonic to seed).

    Takes some milliseconds. The passphrase object itself stays with the caller: Python cannot
    erase a str. Raises Malformed as `entropy_from_words` does, and for a passphrase that is none.
    """
    with Scratch() as scratch:
        # The list's own words, not what was typed: a word may be typed in more than one way.
        entropy = scratch.owned(entropy_from_words(words, language))
        return seed_from_entropy(entropy, passphrase, language)


def seed_from_entropy(
    entropy: bytes | bytearray, passphrase: str | Buffer = "", language: str = "english"
) -> bytearray:
    """`seed_from_words` for the words of an entropy (16 to 32 bytes), which stays the caller's.

    A passphrase in a buffer is UTF-8, and can be erased (see `passphrase.normalized`).
    """
    with Scratch() as scratch:
        salt, spelled = _salt(passphrase, scratch), _spelled(entropy, language, scratch)
        stretched = hashlib.pbkdf2_hmac("sha512", spelled, salt, _ROUNDS)
        return scratch.released(scratch.taken(stretched))


def fingerprint_of(words: Sequence[str], passphrase: str = "", language: str = "english") -> bytes:
    """The master fingerprint (4 bytes) of these words: to be shown before a restore is kept (T65).

    Right words and a mistyped passphrase make a valid seed too, and this is how a person sees it.
    """
    keyring = Keyring(seed_from_words(words, passphrase, language))
    keyring.wipe()
    return keyring.fingerprint


# --- words <-> their places on the list (0 to 2047)


def words_from_indexes(indexes: Sequence[int], language: str = "english") -> tuple[str, ...]:
    """The words at these places. Raises Malformed for a place outside of the list."""
    words = words_of(language)
    if any(not 0 <= index < len(words) for index in indexes):
        raise Malformed("A word has a number from 0 to 2047.")
    return tuple(words[index] for index in indexes)


def indexes_from_words(words: Sequence[str], language: str = "english") -> tuple[int, ...]:
    """The places of 12, 15, 18, 21 or 24 words on the list. The checksum is not looked at.

    All words are looked up before any is complained about. Raises Malformed: see above.
    """
    if len(words) not in _WORD_COUNTS:
        raise Malformed(f"A seed has 12, 15, 18, 21 or 24 words, not {len(words)}.")
    return lookup.places(words, _table(language))


def entropy_from_indexes(indexes: Sequence[int]) -> bytearray:
    """The entropy (16 to 32 bytes) of words given by their places. Raises Malformed (checksum)."""
    if len(indexes) not in _WORD_COUNTS:
        raise Malformed(f"A seed has 12, 15, 18, 21 or 24 words, not {len(indexes)}.")
    with Scratch() as scratch:
        entropy = _packed(indexes, scratch)
        if _last_place(entropy) != indexes[-1]:
            raise Malformed("The checksum does not fit: a word is wrong, or two are swapped.")
        return scratch.released(entropy)


def _packed(indexes: Sequence[int], scratch: Scratch) -> bytearray:
    """The entropy in these places, without the checksum."""
    entropy = scratch.buffer(len(indexes) // 3 * 4)
    for index, byte in zip(range(len(entropy)), regroup(indexes, 11, 8), strict=False):
        entropy[index] = byte
    return entropy


def places(entropy: bytes | bytearray) -> Iterator[int]:
    """The place on the list of each word of an entropy (BIP39, Generating the mnemonic).

    Raises Malformed for another size.
    """
    if len(entropy) not in _ENTROPY_SIZES:
        raise Malformed("Entropy has 16, 20, 24, 28 or 32 bytes.")
    # The checksum's first byte is always enough: whatever it has over is less than a word.
    checksum = hashlib.sha256(entropy).digest()[0]
    return regroup(chain(entropy, (checksum,)), 8, 11)


def _last_place(entropy: bytearray) -> int:
    return deque(places(entropy), maxlen=1).pop()


def place_of(word: str, language: str = "english") -> int:
    """The place of one word on the list. Raises Malformed if it is not there."""
    return lookup.places((word,), _table(language))[0]


@lru_cache(maxsize=len(LANGUAGES))
def _table(language: str) -> tuple[bytes, ...]:
    return lookup.padded(words_of(language))


@lru_cache(maxsize=len(LANGUAGES))
def _utf8(language: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in words_of(language))


def _spelled(entropy: bytes | bytearray, language: str, scratch: Scratch) -> memoryview:
    """The sentence as UTF-8, word by word: joining them would leave a list of them behind (T81)."""
    words = _utf8(language)
    room = memoryview(scratch.buffer(MOST_WORDS * (1 + max(map(len, words)))))
    end = 0
    for place in places(entropy):
        spaced = b" " + words[place] if end else words[place]
        room[end : end + len(spaced)] = spaced
        end += len(spaced)
    return room[:end]


def _salt(passphrase: str | Buffer, scratch: Scratch) -> bytearray:
    if not isinstance(passphrase, str):
        return _salted(scratch.owned(normalized(passphrase)), scratch)
    if len(passphrase) > _MAX_PASSPHRASE:
        raise Malformed(f"A passphrase has at most {_MAX_PASSPHRASE} letters.")
    # Checked here: the UnicodeEncodeError that would follow carries the whole passphrase with it.
    if any("\ud800" <= letter <= "\udfff" for letter in passphrase):
        raise Malformed("The passphrase holds half a character.")
    encoded = scratch.taken(unicodedata.normalize("NFKD", passphrase).encode())
    return _salted(encoded, scratch)


def _salted(encoded: bytearray, scratch: Scratch) -> bytearray:
    salt = scratch.buffer(8 + len(encoded))
    salt[:8] = b"mnemonic"
    memoryview(salt)[8:] = memoryview(encoded)
    return salt


# --- what a person types


def words_starting(prefix: str, language: str = "english") -> tuple[str, ...]:
    """The words of the list that begin with `prefix`, in the list's order.

    Accents may be left out: no list has two words that differ by accents alone.
    """
    plain = _plain(prefix)
    plain_words = zip(words_of(language), _plain_words(language), strict=True)
    return tuple(word for word, letters in plain_words if letters.startswith(plain))


def next_letters(prefix: str, language: str = "english") -> tuple[str, ...]:
    """The letters, without accents, that lead on from `prefix` to a word, in alphabetical order."""
    plain = _plain(prefix)
    end = len(plain)
    words = (word for word in _plain_words(language) if word.startswith(plain))
    return tuple(sorted({word[end] for word in words if len(word) > end}))


def last_words(words: Sequence[str], language: str = "english") -> tuple[str, ...]:
    """All words that may follow 11, 14, 17, 20 or 23 words as the last one, in the list's order.

    128, 64, 32, 16 or 8 of them: the others fail the checksum. Who drew the first words by chance
    draws the last one from these; choosing it by taste gives away up to 7 bits (T63).
    Raises Malformed: another count, or a word that is not on the list.
    """
    count = len(words) + 1
    if count not in _WORD_COUNTS:
        raise Malformed(f"There is a last word after 11, 14, 17, 20 or 23, not after {count - 1}.")
    places, checksum_bits = lookup.places(words, _table(language)), count // 3
    last = [
        _completed((*places, free << checksum_bits)) for free in range(1 << (11 - checksum_bits))
    ]
    return words_from_indexes(last, language)


def languages_of(words: Sequence[str]) -> tuple[str, ...]:
    """The languages whose lists hold all of these words; the checksum is not looked at.

    For telling a person what they may have: with more than one the words are ambiguous, and they
    must say (T63). Reads all ten lists.
    """
    return tuple(language for language in LANGUAGES if _all_on_list(words, language))


def sentence(words: Sequence[str], language: str = "english") -> str:
    """The words as the language writes them in a row: Japanese with ideographic spaces (BIP39).

    A str cannot be erased: for paper and screens whose picture is erased, not for keeping.
    """
    return ("\u3000" if language == "japanese" else " ").join(words)


def _completed(indexes: tuple[int, ...]) -> int:
    """The last place with its checksum bits, given the places with zeros instead of them."""
    with Scratch() as scratch:
        return _last_place(_packed(indexes, scratch))


def _all_on_list(words: Sequence[str], language: str) -> bool:
    listed = set(words_of(language))
    return all(unicodedata.normalize("NFKD", word) in listed for word in words)


@lru_cache(maxsize=len(LANGUAGES))
def _plain_words(language: str) -> tuple[str, ...]:
    return tuple(_plain(word) for word in words_of(language))


def _plain(text: str) -> str:
    # Latin accents only: the marks of Japanese syllables make other syllables of them.
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not "\u0300" <= letter <= "\u036f")
