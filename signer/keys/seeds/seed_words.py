"""The words of a seed, in order, in a buffer that can be erased.

A tuple or a list of words is the seed as well: CPython keeps what it pointed to, in order, long
after it was let go (T81). Who shows or takes down words one by one holds them in here.
"""

from abc import abstractmethod
from typing import ClassVar, Self

from signer.errors import Malformed
from signer.formats.words.wordlist import words_of
from signer.keys.curve import erase
from signer.keys.node import Uncopyable
from signer.keys.scratch import Scratch
from signer.keys.seeds import mnemonic

_PLACE_BYTES = 2  # of a word on its list, 0 to 2047


class ListedWords(Uncopyable):
    """`most` words of a list. As a context manager it erases itself; it has no printable form.

    A word that comes out is the list's own string, and says nothing about the order.
    """

    __slots__ = ("_buffer", "_count")

    most: ClassVar = mnemonic.MOST_WORDS

    def __init__(self) -> None:
        self._count = 0
        self._buffer = bytearray(_PLACE_BYTES * self.most)

    @property
    @abstractmethod
    def listed(self) -> tuple[str, ...]:
        """The list."""

    @abstractmethod
    def place_of(self, word: str) -> int:
        """Where a word is on the list. Raises Malformed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.erase()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> str:
        """The word with this number, from 0."""
        return self.listed[self._places[number]]

    def append(self, word: str) -> None:
        """One word more. Raises Malformed for one that is not on the list, and after the last."""
        self._append(self.place_of(word))

    def append_place(self, place: int) -> None:
        """The word at this place of the list. Raises Malformed for no place, and as `append`."""
        if not 0 <= place < len(self.listed):
            raise Malformed(f"A word has a number from 0 to {len(self.listed) - 1}.")
        self._append(place)

    def replace(self, number: int, word: str) -> None:
        """Another word at this number, from 0. Raises Malformed for one that is not on the list."""
        self._places[number] = self.place_of(word)

    def swap(self, first: int, second: int) -> None:
        """The words at these two numbers, the other way round."""
        places = self._places
        places[first], places[second] = places[second], places[first]

    def pop(self) -> None:
        """Forget the last word, if there is one."""
        if self._count:
            self._places[-1] = 0
            self._count -= 1

    def take(self, other: Self) -> None:
        """Hold the words of another row, of the same list, and erase them there."""
        self._buffer[:] = memoryview(other._buffer)
        self._count = len(other)
        other.erase()

    def erase(self) -> None:
        """Forget all words."""
        erase(self._buffer)
        self._count = 0

    @property
    def _places(self) -> "memoryview[int]":
        return memoryview(self._buffer).cast("H")[: self._count]

    def _append(self, place: int) -> None:
        if self._count == self.most:
            raise Malformed(f"There are at most {self.most} words.")
        self._count += 1
        self._places[-1] = place


class SeedWords(ListedWords):
    """Up to 24 words of one of BIP39's lists."""

    __slots__ = ("_language",)

    def __init__(self, language: str = "english") -> None:
        super().__init__()
        self._language = language

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

    @property
    def listed(self) -> tuple[str, ...]:
        return words_of(self._language)

    def place_of(self, word: str) -> int:
        return mnemonic.place_of(word, self._language)

    def entropy(self) -> bytearray:
        """The entropy (16 to 32 bytes), the caller's to erase. Raises Malformed."""
        return mnemonic.entropy_from_indexes(self._places)
