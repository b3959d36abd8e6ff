"""Words that may have been meant: one letter or one swap away from those that were typed (BIP39).

Only where the checksum then fits. Of 12 words some four changes fit by chance, of 24 words hardly
one: so these are offers, and a fingerprint tells which is right.
"""

from collections.abc import Iterator
from itertools import pairwise
from string import ascii_lowercase

from signer.errors import Malformed
from signer.formats.words.wordlist import words_of
from signer.keys.curve import erase
from signer.keys.seeds.seed_words import SeedWords

MOST = 8


def similar(word: str, language: str = "english") -> tuple[str, ...]:
    """The words of the list one letter away from `word`: changed, added, lost, or two swapped."""
    splits = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    near = {head + tail[1:] for head, tail in splits if tail}
    near |= {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    for letter in ascii_lowercase:
        near |= {head + letter + tail for head, tail in splits}
        near |= {head + letter + tail[1:] for head, tail in splits if tail}
    return tuple(listed for listed in words_of(language) if listed in near and listed != word)


def corrections(words: SeedWords, language: str = "english") -> Iterator[tuple[int, str]]:
    """The (number, word) with which the checksum fits: neighbours of each word, at most MOST.

    Numbers are from 0; `words` is as it was when this ends.
    """
    count = 0
    for number in range(len(words)):
        typed = words[number]
        for word in similar(typed, language):
            words.replace(number, word)
            fits = is_seed(words)
            words.replace(number, typed)
            if fits:
                yield number, word
                count += 1
            if count == MOST:
                return


def swaps(words: SeedWords) -> Iterator[int]:
    """The numbers of words that fit if swapped with the next one, from 0."""
    for first, second in pairwise(range(len(words))):
        if words[first] == words[second]:
            continue
        words.swap(first, second)
        fits = is_seed(words)
        words.swap(first, second)
        if fits:
            yield first


def is_seed(words: SeedWords) -> bool:
    """Whether the checksum fits."""
    try:
        erase(words.entropy())
    except Malformed:
        return False
    return True
