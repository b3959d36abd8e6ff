"""A seed that a person already has, word by word; a wrong word is changed alone."""

from typing import Final

from firmware_emu.flows import Declined, Flow, Pause
from firmware_emu.screens.letters import Letters, Spelled
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Notice, Wait
from firmware_emu.screens.words import ChosenWord, WordChoice
from signer.keys.seeds.neighbours import corrections, is_seed, swaps
from signer.keys.seeds.seed_words import SeedWords

COUNTS: Final = ("12 words", "15 words", "18 words", "21 words", "24 words")
LOOK: Final = "Look through all words"
AGAIN: Final = "Enter all words again"


def restore() -> Flow[bytearray]:
    """The entropy of words whose checksum fits. Raises Declined."""
    answer = yield Menu("How many words?", COUNTS)
    if not isinstance(answer, Picked):
        raise Declined
    count = int(answer.item.split()[0])
    with SeedWords() as words:
        yield from _spell(words, count)
        while not is_seed(words):
            yield from _mend(words, count)
        return words.entropy()


_NO_SEED: Final = Notice(
    "Not a seed",
    (
        "These words do not fit together. One may be wrong, or in the wrong place.",
        "None is lost: change the one that is wrong.",
    ),
)


def _mend(words: SeedWords, count: int) -> Flow[None]:
    """One change to words whose checksum does not fit. Raises Declined."""
    yield _NO_SEED
    yield Pause(Wait("Looking for likely mistakes."))
    changes = {
        f"{number + 1}. {word} for {words[number]}": (number, word)
        for number, word in corrections(words)
    }
    swapped = {f"Swap words {first + 1} and {first + 2}": first for first in swaps(words)}
    # What fits comes after the paper: it is an offer, and several may fit by chance.
    answer = yield Menu("Change a word", (LOOK, *changes, *swapped, AGAIN), is_leavable=False)
    match answer:
        case Picked(item) if item in changes:
            words.replace(*changes[item])
        case Picked(item) if item in swapped:
            words.swap(swapped[item], swapped[item] + 1)
        case Picked(item) if item == AGAIN:
            words.erase()
            yield from _spell(words, count)
        case Picked():
            yield from _look_through(words)
        case _:
            raise Declined


def _look_through(words: SeedWords) -> Flow[None]:
    """The words that were typed, and another for the one that a person picks."""
    answer = yield WordChoice("Your words", words)
    if isinstance(answer, ChosenWord):
        number = answer.number
        spelled = yield Letters(f"Word {number + 1} of {len(words)}", f"It was {words[number]}.")
        if isinstance(spelled, Spelled):
            words.replace(number, spelled.word)


def _spell(words: SeedWords, count: int) -> Flow[None]:
    """That many words. STOP goes one word back, and from the first one away."""
    while len(words) < count:
        answer = yield Letters(f"Word {len(words) + 1} of {count}", is_leavable=not len(words))
        if isinstance(answer, Spelled):
            words.append(answer.word)
        elif len(words):
            words.pop()
        else:
            raise Declined
