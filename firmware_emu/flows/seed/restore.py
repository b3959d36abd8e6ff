"""A seed that a person already has, word by word."""

from firmware_emu.flows import Declined, Flow
from firmware_emu.screens.letters import Letters, Spelled
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Notice
from signer.errors import Malformed
from signer.keys.seeds.seed_words import SeedWords

COUNTS = ("12 words", "15 words", "18 words", "21 words", "24 words")


def restore() -> Flow[bytearray]:
    """The entropy of words whose checksum fits. Raises Declined."""
    answer = yield Menu("How many words?", COUNTS)
    if not isinstance(answer, Picked):
        raise Declined
    count = int(answer.item.split()[0])
    with SeedWords() as words:
        while True:
            yield from _spell(words, count)
            try:
                return words.entropy()
            except Malformed:
                words.erase()
                yield _NO_SEED


_NO_SEED = Notice(
    "Not a seed",
    (
        "These words do not fit together. One may be wrong, or in the wrong place.",
        "Nothing was kept. Enter them again.",
    ),
)


def _spell(words: SeedWords, count: int) -> Flow[None]:
    """That many words. STOP goes one word back, and from the first one away."""
    while len(words) < count:
        answer = yield Letters(f"Word {len(words) + 1} of {count}")
        if isinstance(answer, Spelled):
            words.append(answer.word)
        elif len(words):
            words.pop()
        else:
            raise Declined
