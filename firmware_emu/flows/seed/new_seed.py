"""A new seed: randomness, twelve words on paper, three of them asked back."""

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow
from firmware_emu.screens.dice import Dice, Rolled
from firmware_emu.screens.letters import Letters, Spelled, Starting
from firmware_emu.screens.notice import Acknowledged, Notice, Question
from firmware_emu.screens.words import Words
from signer.keys.curve import erase
from signer.keys.scratch import Scratch
from signer.keys.seeds.entropy import mix
from signer.keys.seeds.mnemonic import words_starting
from signer.keys.seeds.seed_words import ListedWords, SeedWords

ENTROPY_BYTES = 16  # twelve words
QUIZ_WORDS = 3


def new_seed(pool: EntropyPool) -> Flow[bytearray]:
    """Fresh BIP39 entropy whose words the person has written down. Raises Declined."""
    answer = yield Dice()
    if not isinstance(answer, Rolled):
        raise Declined
    with Scratch() as scratch:  # also when the person stops, or the cable is pulled
        entropy = scratch.owned(_entropy(pool, answer.rolls))
        yield from _agree()
        with SeedWords.of_entropy(entropy) as words:
            yield from write_down(words, pool)
        return scratch.released(entropy)


def _entropy(pool: EntropyPool, rolls: str) -> bytearray:
    # The dice are mixed in, never used alone: a poor die costs nothing, and a poor generator
    # is repaired by the person's own rolls (threat T60).
    randomness = pool.draw(32)
    mixed = mix(randomness, rolls.encode())
    entropy = bytearray(ENTROPY_BYTES)
    memoryview(entropy)[:] = memoryview(mixed)[:ENTROPY_BYTES]
    # What the seed was made of is the seed (threat T81). The rolls, a str, cannot be erased, and
    # are worth nothing without what was drawn.
    erase(randomness)
    erase(mixed)
    return entropy


def write_down(
    words: ListedWords,
    pool: EntropyPool,
    title: str = "Write down",
    starting: Starting = words_starting,
) -> Flow[None]:
    """Shows the words until the person can tell some of them. Raises Declined."""
    while True:
        if not isinstance((yield Words(title, words)), Acknowledged):
            raise Declined
        if (yield from _ask_back(words, pool, starting)):
            return
        yield Notice("Not that word", ("Look at your paper again.", "The words are shown again."))


def _agree() -> Flow[None]:
    answer = yield Question(
        "Your twelve words",
        (
            "Whoever has these words has your coins.",
            "Write them on paper. Keep them from cameras.",
        ),
        yes="show them",
    )
    if not isinstance(answer, Acknowledged):
        raise Declined


def _ask_back(words: ListedWords, pool: EntropyPool, starting: Starting) -> Flow[bool]:
    """Whether the person could tell three of the words, chosen by chance."""
    numbers = pool.shuffled("".join(map(chr, range(len(words)))))[:QUIZ_WORDS]
    for number in sorted(map(ord, numbers)):
        answer = yield Letters(f"Word {number + 1}", "Type it from your paper.", starting=starting)
        if not isinstance(answer, Spelled):
            raise Declined
        if answer.word != words[number]:
            return False
    return True
