"""A seed in parts or shares, to be written down and asked back one by one."""

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow
from firmware_emu.flows.seed.new_seed import write_down
from firmware_emu.flows.seed.spelling import choose_number
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Acknowledged, Notice, Question
from signer.errors import CrossCheckFailed, Malformed
from signer.keys.backups import seed_xor, slip39
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.backups.share_words import ShareWords, words_starting
from signer.keys.scratch import Scratch
from signer.keys.seeds.seed_words import SeedWords

SIZES = (16, 24, 32)  # of seeds that Seed XOR has parts of
_PLANS = {"2 of 3": (2, 3), "3 of 5": (3, 5)}
NO_PARTS = Notice("No parts", ("This seed has none of that kind.", "Nothing was shown."))
DONE = Notice("Written down", ("Keep each in another place.", "Nothing of them was kept here."))


def show_parts(secret: bytearray, pool: EntropyPool) -> Flow[None]:
    """The parts of Seed XOR, each asked back. Raises Declined."""
    total = yield from choose_number("How many parts?", ("2 parts", "3 parts", "4 parts"))
    facts = (f"All {total} are needed, and each looks like a seed of its own (Seed XOR).",)
    yield from agree(*facts, "Write each on a paper of its own.")
    with Scratch() as scratch:
        try:
            parts = seed_xor.split(secret, total, scratch.taken(pool.draw(32)))
        except Malformed:  # the two parts of a seed of zeros are the same
            yield NO_PARTS
            return
        for part in parts:
            scratch.owned(part)
        if scratch.owned(seed_xor.combine(parts)) != secret:
            raise CrossCheckFailed("The parts do not make the seed.")
        for number, part in enumerate(parts, 1):
            with SeedWords.of_entropy(part) as words:
                yield from write_down(words, pool, f"Part {number} of {total}")
    yield DONE


def show_shares(secret: MasterSeed, pool: EntropyPool) -> Flow[None]:
    """The shares of SLIP39, each asked back. Raises Declined."""
    answer = yield Menu("Shares (SLIP39)", tuple(_PLANS))
    if not isinstance(answer, Picked):
        raise Declined
    needed, total = _PLANS[answer.item]
    facts = (f"Any {needed} of {total} shares bring the seed back.",)
    yield from agree(*facts, "Write each on a paper of its own.")
    plan = slip39.SharePlan(1, ((needed, total),))
    with Scratch() as scratch:
        shares = slip39.split(secret, plan, scratch.taken(pool.draw(32)))[0]
        for share in shares:
            scratch.owned(share.value)
        if scratch.owned(slip39.combine(shares[-needed:])) != secret:
            raise CrossCheckFailed("The shares do not make the seed.")
        for number, share in enumerate(shares, 1):
            with ShareWords.of_share(share) as words:
                title = f"Share {number} of {total}"
                yield from write_down(words, pool, title, words_starting)
    yield DONE


def agree(*facts: str) -> Flow[None]:
    """Whether to show them. Raises Declined."""
    if not isinstance((yield Question("Show them?", facts, yes="show", hold=True)), Acknowledged):
        raise Declined
