"""Finding typed words on a list, in a way whose shape does not depend on the words (T58)."""

import unicodedata
from collections.abc import Iterable, Sequence
from hmac import compare_digest

from signer.errors import Malformed

_FILLER = b"\xff"  # in no UTF-8, so that nothing which can be typed is taken for it


def padded(words: Iterable[str]) -> tuple[bytes, ...]:
    """A list to look words up in: each as UTF-8, padded to one width."""
    encoded = [word.encode() for word in words]
    width = max(map(len, encoded))
    return tuple(word.ljust(width, _FILLER) for word in encoded)


def places(words: Sequence[str], table: tuple[bytes, ...]) -> tuple[int, ...]:
    """The place of each word on a list made by `padded`, after NFKD.

    All are looked up before any is complained about. Raises Malformed, naming the first place in
    `words` whose word is not on the list, and never the word.
    """
    positions = tuple(_place(word, table) for word in words)
    if -1 in positions:
        raise Malformed(f"Word {positions.index(-1) + 1} is not on the list.")
    return positions


def _place(word: str, table: tuple[bytes, ...]) -> int:
    # A word is compared with the whole list, entry by entry, each time over the same number of
    # bytes and without an early end: the work has one shape for all words. That is what Python can
    # do. It cannot hide which entries of a list are read later on, that integers above 256 are
    # allocated, or what the caches of the processor keep: whoever runs code on this very machine
    # may see those. A host on a cable sees milliseconds, and they do not depend on the words.
    width = len(table[0])
    typed = unicodedata.normalize("NFKD", word[: width + 1]).encode(errors="surrogatepass")
    padded = typed.ljust(width, _FILLER)
    position = 0
    for place, listed in enumerate(table, start=1):
        position |= place * compare_digest(listed, padded)
    return position - 1
