"""The words of one SLIP39 share, in a buffer that can be erased."""

import re
from typing import Self

from signer.errors import Malformed
from signer.formats.words.slip39_words import WORDS
from signer.keys.backups import slip39_share
from signer.keys.seeds.seed_words import ListedWords

_WORD = re.compile(rb"[A-Za-z]+")


def words_starting(prefix: str) -> tuple[str, ...]:
    """The words of SLIP39's list that begin with `prefix`; four letters tell them all apart."""
    return tuple(word for word in WORDS if word.startswith(prefix))


class ShareWords(ListedWords):
    """Up to 59 words of SLIP39's list."""

    __slots__ = ()

    most = slip39_share.MOST_WORDS

    @classmethod
    def of_share(cls, share: slip39_share.Slip39Share) -> Self:
        """The words of a share, which stays the caller's to erase."""
        words = cls()
        for place in share.places():
            words.append_place(place)
        return words

    @classmethod
    def of_text(cls, text: bytes) -> Self:
        """The words of a text, such as a code holds, the caller's to erase. Raises Malformed."""
        words = cls()
        try:
            for match in _WORD.finditer(text):
                words.append(match[0].decode("ascii").lower())
        except Malformed:
            words.erase()
            raise
        return words

    def share(self) -> slip39_share.Slip39Share:
        """The share that they are, its value the caller's to erase. Raises Malformed."""
        return slip39_share.from_places(self._places)

    @property
    def listed(self) -> tuple[str, ...]:
        return WORDS

    def place_of(self, word: str) -> int:
        return slip39_share.place_of(word, len(self) + 1)
