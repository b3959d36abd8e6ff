"""A seed that a person already has, word by word; a wrong word is changed alone."""

from typing import Final

from firmware_emu.flows import Declined, Flow, Pause
from firmware_emu.flows.seed.codex import read_codex32
from firmware_emu.flows.seed.keys import keyring
from firmware_emu.flows.seed.shares import read_shares
from firmware_emu.flows.seed.spelling import choose_number, look_through, spell
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Acknowledged, Notice, Question, Wait
from signer.errors import Malformed
from signer.formats.payload.secrets import seed_form
from signer.keys.backups.seed_xor import combine
from signer.keys.curve import erase
from signer.keys.scratch import Scratch
from signer.keys.seeds import scanned
from signer.keys.seeds.neighbours import corrections, is_seed, swaps
from signer.keys.seeds.seed_words import SeedWords

COUNTS: Final = ("12 words", "15 words", "18 words", "21 words", "24 words")
SHARES: Final = "SLIP39 shares"
CODEX32: Final = "codex32"
PARTS: Final = "Seed XOR parts"
LOOK: Final = "Look through all words"
AGAIN: Final = "Enter all words again"


def restore() -> Flow[bytearray]:
    """The entropy of words whose checksum fits, or what another backup holds. Raises Declined."""
    answer = yield Menu("Your backup", (*COUNTS, SHARES, CODEX32, PARTS))
    with Scratch() as scratch:
        match answer:
            case Picked(item) if item in COUNTS:
                with SeedWords() as words:
                    yield from _read(words, int(item.split()[0]))
                    return words.entropy()
            case Picked(item) if item == SHARES:
                secret = scratch.owned((yield from read_shares()))
            case Picked(item) if item == CODEX32:
                secret = scratch.owned((yield from read_codex32()))
            case Picked():
                secret = scratch.owned((yield from _read_parts()))
            case _:
                raise Declined
        yield from _agree(secret)
        return scratch.released(secret)


_NO_SEED: Final = Notice(
    "Not a seed",
    (
        "These words do not fit together. One may be wrong, or in the wrong place.",
        "None is lost: change the one that is wrong.",
    ),
)


def _agree(secret: bytearray) -> Flow[None]:
    """Whether these are the keys that were meant (threat T130). Raises Declined."""
    keys = keyring(type(secret)(secret))
    keys.wipe()
    fingerprint = f"Fingerprint {keys.fingerprint.hex()}"
    advice = "Compare it with your note. Something else than was backed up makes other keys."
    question = Question("Use this seed?", (fingerprint, advice), yes="use", hold=True)
    if not isinstance((yield question), Acknowledged):
        raise Declined


def _read(words: SeedWords, count: int, note: str = "", *, scans: bool = False) -> Flow[None]:
    """That many words whose checksum fits. Raises Declined."""
    while True:
        data = yield from spell(words, count, note, scans=scans)
        if not data:
            break
        try:
            words.take(_of_code(data, count))
            break
        except Malformed as error:
            yield Notice("Not that code", (str(error), "Nothing of it was taken."))
        finally:
            erase(data)
    while not is_seed(words):
        yield from _mend(words, count)


def _of_code(data: bytes, count: int) -> SeedWords:
    """The words of a code, as many as that. Raises Malformed."""
    form = seed_form(data)
    if form is None:
        raise Malformed("The code is no seed.")
    words = scanned.words_of(data, form)
    if len(words) != count:
        words.erase()
        raise Malformed(f"The code has another number of words than {count}.")
    return words


def _read_parts() -> Flow[bytearray]:
    """What all parts of Seed XOR make together. Raises Declined."""
    total = yield from choose_number("How many parts?", ("2 parts", "3 parts", "4 parts"))
    count = yield from choose_number("Words of a part?", ("12 words", "18 words", "24 words"))
    with Scratch() as scratch:
        parts = list[bytearray]()
        while len(parts) < total:
            with SeedWords() as words:
                yield from _read(words, count, f"Part {len(parts) + 1} of {total}", scans=True)
                part = scratch.owned(words.entropy())
            if part in parts:
                sentence = f"This is part {parts.index(part) + 1} again. Enter another."
                yield Notice("The same part", (sentence, "The others are not lost."))
            else:
                parts.append(part)
        return combine(parts)


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
            yield from spell(words, count)
        case Picked():
            yield from look_through(words)
        case _:
            raise Declined
