"""The words of a seed, in order, in a buffer that can be erased.

A tuple or a list of words is the seed as well: CPython keeps what it pointed to, in order, long
after it was let go (T81). Who shows or takes down words one by one holds them in here.
"""

from typing import Self

from signer.errors import Malformed
from signer.formats.words.wordlist import words_of
from signer.keys.curve import erase
from signer.keys.node import Uncopyable
from signer.keys.scratch import Scratch
from signer.keys.seeds import mnemonic

_PLACE_BYTES = 2  # of a word on its list, 0 to 2047


class SeedWords(Uncopyable):
    """Up to 24 words of one list. As a context manager it erases itself; it has no printable form.

    A word that comes out is the list's own string, and says nothing about the order.
    """

    __slots__ = ("_buffer", "_count", "_language")

    def __init__(self, language: str = "english") -> None:
        self._language = language
        self._count = 0
        self._buffer = bytearray(_PLACE_BYTES * mnemonic.MOST_WORDS)

    @classmethod
    def of_entropy(cls, entropy: bytes | bytearray, language: str = "english") -> Self:
        """The words of 16 to 32 bytes (BIP39), which stay the caller's. Raises Malformed."""
        words = cls(language)
        with Scratch() as scratch:
            scratch.owned(words._buffer)
            for place in mnemonic.places(entropy):
                words._append(place)
            scratch.released(words._buffer)
        return words

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.erase()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> str:
        """The word with this number, from 0."""
        return words_of(self._language)[self._places[number]]

    def append(self, word: str) -> None:
        """One word more. Raises Malformed for one that is not on the list, and after 24."""
        self._append(mnemonic.place_of(word, self._language))

    def append_place(self, place: int) -> None:
        """The word at this place of the list. Raises Malformed for no place, and after 24 words."""
        if not 0 <= place < len(words_of(self._language)):
            raise Malformed("A word has a number from 0 to 2047.")
        self._append(place)

    def replace(self, number: int, word: str) -> None:
        """Another word at this number, from 0. Raises Malformed for one that is not on the list."""
        self._places[number] = mnemonic.place_of(word, self._language)

    def swap(self, first: int, second: int) -> None:
        """The words at these two numbers, the other way round."""
        places = self._places
        places[first], places[second] = places[second], places[first]

    def pop(self) -> None:
        """Forget the last word, if there is one."""
        if self._count:
            self._places[-1] = 0
            self._count -= 1

    def entropy(self) -> bytearray:
        """The entropy (16 to 32 bytes), the caller's to erase. Raises Malformed."""
        return mnemonic.entropy_from_indexes(self._places)

    def erase(self) -> None:
        """Forget all words."""
        erase(self._buffer)
        self._count = 0

    @property
    def _places(self) -> "memoryview[int]":
        return memoryview(self._buffer).cast("H")[: self._count]

    def _append(self, place: int) -> None:
        if self._count == mnemonic.MOST_WORDS:
            raise Malformed(f"A seed has at most {mnemonic.MOST_WORDS} words.")
        self._count += 1
        self._places[-1] = place
