"""A seed without words as codex32 (BIP93), whole or in shares, written down and asked back."""

from typing import Final

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow
from firmware_emu.flows.backups.parts import DONE, agree
from firmware_emu.flows.seed.codex import Groups
from firmware_emu.pin_entry import Codex32Entry
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Acknowledged, Notice
from firmware_emu.screens.pin_pad import Entered
from firmware_emu.screens.text_pad import TextPad
from firmware_emu.screens.words import Words
from signer.errors import CrossCheckFailed
from signer.formats.bech32 import ALPHABET
from signer.keys.backups import codex32
from signer.keys.backups.codex32 import Codex32Share
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.scratch import Scratch

_PLANS: Final = {"The whole secret": (0, 1), "2 of 3": (2, 3), "3 of 5": (3, 5)}
_QUIZ: Final = 3  # groups of four letters
_HEADER: Final = 3  # groups with letters that are no secret
_PAPER: Final = "From your paper. Or show all of it as a code."
_WRONG: Final = Notice("Not those letters", ("Look at your paper again.", "They are shown again."))


def show_codex32(seed: MasterSeed, pool: EntropyPool) -> Flow[None]:
    """The secret or its shares, each asked back. Raises Declined."""
    answer = yield Menu("codex32", tuple(_PLANS))
    if not isinstance(answer, Picked):
        raise Declined
    needed, total = _PLANS[answer.item]
    facts = (
        f"Any {needed} of {total} shares bring the seed back." if needed else "All of it at once."
    )
    yield from agree(facts, "Write each on a paper of its own.")
    with Scratch() as scratch:
        shares = _shares(seed, needed, total, pool, scratch)
        for number, share in enumerate(shares, 1):
            with Codex32Entry.of_share(share) as entry:
                title = f"Share {number} of {total}" if needed else "codex32"
                yield from _write_down(entry, title, pool)
    yield DONE


def _shares(
    seed: MasterSeed, needed: int, total: int, pool: EntropyPool, scratch: Scratch
) -> tuple[Codex32Share, ...]:
    """Those that bring the seed back, which was tried; of another name each time."""
    name = pool.shuffled(ALPHABET)[:4]
    secret = codex32.from_seed(seed, name, needed)
    scratch.owned(secret.payload)
    if not needed:
        return (secret,)
    shares = codex32.split(secret, total, scratch.taken(pool.draw(32)))
    for share in shares:
        scratch.owned(share.payload)
    recovered = codex32.recover(shares[-needed:])
    if scratch.owned(recovered.payload) != secret.payload:
        raise CrossCheckFailed("The shares do not make the seed.")
    return shares


def _write_down(entry: Codex32Entry, title: str, pool: EntropyPool) -> Flow[None]:
    """Shows the letters until the person can tell some of them. Raises Declined."""
    while True:
        if not isinstance((yield Words(title, Groups(entry))), Acknowledged):
            raise Declined
        if (yield from _ask_back(entry, pool)):
            return
        yield _WRONG


def _ask_back(entry: Codex32Entry, pool: EntropyPool) -> Flow[bool]:
    """Whether the person could tell three groups, chosen by chance, or hold up the whole share."""
    places = "".join(map(chr, range(_HEADER, len(Groups(entry)))))
    for number in sorted(map(ord, pool.shuffled(places)[:_QUIZ])):
        start = number * entry.group
        letters = entry.view()[start : start + entry.group]
        title = f"Letters {start + 1} to {start + len(letters)}"
        with Codex32Entry() as typed:
            if not isinstance((yield TextPad(title, _PAPER, typed)), Entered):
                raise Declined
            if len(typed) == len(entry):
                return typed.equals(entry)
            if typed.view() != letters:
                return False
    return True
