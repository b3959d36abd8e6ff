"""A seed that a person already has, word by word."""

from firmware_emu.flows import Declined, Flow
from firmware_emu.screens.letters import Letters, Spelled
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Notice
from signer.errors import Malformed
from signer.keys.mnemonic import entropy_from_words

COUNTS = ("12 words", "15 words", "18 words", "21 words", "24 words")


def restore() -> Flow[bytearray]:
    """The entropy of words whose checksum fits. Raises Declined."""
    answer = yield Menu("How many words?", COUNTS)
    if not isinstance(answer, Picked):
        raise Declined
    count = int(answer.item.split()[0])
    while True:
        words = yield from _spell(count)
        try:
            return entropy_from_words(words)
        except Malformed:
            yield Notice(
                "Not a seed",
                (
                    "These words do not fit together. One may be wrong, or in the wrong place.",
                    "Nothing was kept. Enter them again.",
                ),
            )


def _spell(count: int) -> Flow[tuple[str, ...]]:
    """That many words. STOP goes one word back, and from the first one away."""
    words: list[str] = []
    while len(words) < count:
        answer = yield Letters(f"Word {len(words) + 1} of {count}")
        if isinstance(answer, Spelled):
            words.append(answer.word)
        elif words:
            words.pop()
        else:
            raise Declined
    return tuple(words)
