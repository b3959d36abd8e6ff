"""Words of any list from a person's paper, or from a code that holds them."""

from firmware_emu.flows import Declined, Flow
from firmware_emu.screens.letters import CodeHeldUp, Letters, Spelled, Starting
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.words import ChosenWord, WordChoice
from signer.keys.seeds.mnemonic import words_starting
from signer.keys.seeds.seed_words import ListedWords


def spell(
    words: ListedWords,
    count: int,
    note: str = "",
    starting: Starting = words_starting,
    *,
    scans: bool = False,
) -> Flow[bytes]:
    """That many words; with `scans` a code instead, which is returned and the caller's to erase.

    STOP goes one word back, and from the first one away: raises Declined.
    """
    while len(words) < count:
        title = f"Word {len(words) + 1} of {count}"
        is_leavable = not (scans or len(words))
        screen = Letters(title, note, is_leavable=is_leavable, starting=starting, scans=scans)
        match (yield screen):
            case Spelled(word):
                words.append(word)
            case CodeHeldUp(data):
                return data
            case _ if len(words):
                words.pop()
            case _:
                raise Declined
    return b""


def look_through(words: ListedWords, starting: Starting = words_starting) -> Flow[None]:
    """The words that were typed, and another for the one that a person picks."""
    answer = yield WordChoice("Your words", words)
    if isinstance(answer, ChosenWord):
        number = answer.number
        title, note = f"Word {number + 1} of {len(words)}", f"It was {words[number]}."
        spelled = yield Letters(title, note, starting=starting)
        if isinstance(spelled, Spelled):
            words.replace(number, spelled.word)


def choose_number(title: str, items: tuple[str, ...]) -> Flow[int]:
    """The number that the chosen item begins with. Raises Declined."""
    answer = yield Menu(title, items)
    if not isinstance(answer, Picked):
        raise Declined
    return int(answer.item.split()[0])
