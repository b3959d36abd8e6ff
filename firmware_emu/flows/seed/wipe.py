"""Erasing the seed: a long press, and then what no hand does by accident (threat T104)."""

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Flow, Locked, Pause
from firmware_emu.flows.seed.unlock import open_seed
from firmware_emu.screens.letters import Letters, Spelled
from firmware_emu.screens.notice import Acknowledged, Notice, Question, Wait
from firmware_emu.storage.vault import Sealed, Vault
from signer.keys.curve import erase

_WORD = "erase"  # a word of BIP39, so the screen for seed words takes it
_LOSS = "Without your words on paper your coins are lost."


def wipe_by_pin(vault: Vault, sealed: Sealed, pool: EntropyPool) -> Flow[None]:
    """Erases the seed of an unlocked device for who enters its PIN. Raises Declined."""
    if (yield from _agree(())):
        erase((yield from open_seed(vault, sealed, pool, "To erase the seed.")))
        yield from _wipe(vault)


def wipe_by_word(vault: Vault, *reasons: str) -> Flow[None]:
    """Erases a seed that is not open, for who spells a word. Declining changes nothing."""
    if (yield from _agree(reasons)):
        answer = yield Letters("Erase the seed?", f"To erase it, spell {_WORD}.")
        if isinstance(answer, Spelled) and answer.word == _WORD:
            yield from _wipe(vault)


def _agree(reasons: tuple[str, ...]) -> Flow[bool]:
    answer = yield Question("Erase the seed?", (*reasons, _LOSS), yes="erase", hold=True)
    return isinstance(answer, Acknowledged)


def _wipe(vault: Vault) -> Flow[None]:
    yield Locked()
    yield Pause(Wait("Erasing the seed."), vault=vault.wiped())
    yield Notice("Erased", ("The seed is erased.", "Restore it from your words, or make one."))
