"""The four words both screens show."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from signer.formats.words.digest_words import digest_words
from signer.formats.words.wordlist import ENGLISH


@given(st.binary(max_size=200))
def test_the_words_spell_the_first_44_bits_of_the_tagged_hash(unsigned_tx: bytes) -> None:
    tag = hashlib.sha256(b"quietkey/words").digest()
    digest = hashlib.sha256(tag + tag + unsigned_tx).digest()
    bits = "".join(f"{ENGLISH.index(word):011b}" for word in digest_words(unsigned_tx))
    assert bits == f"{int.from_bytes(digest, 'big'):0256b}"[:44]


@given(st.binary(min_size=1, max_size=200), st.integers(0, 7), st.data())
def test_one_flipped_bit_gives_other_words(
    unsigned_tx: bytes, bit: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(unsigned_tx) - 1))
    changed = bytearray(unsigned_tx)
    changed[place] ^= 1 << bit
    assert digest_words(bytes(changed)) != digest_words(unsigned_tx)


def test_the_words_of_an_empty_transaction_never_change() -> None:
    # Host and device of different releases must agree for ever.
    assert digest_words(b"") == ("focus", "ordinary", "mechanic", "captain")
