"""Erasing the seed: never by one short press."""

from firmware_emu.flows import Flow, Locked, Pause
from firmware_emu.screens.notice import Acknowledged, Notice, Question, Wait
from firmware_emu.storage.vault import Vault


def wipe(vault: Vault, *reasons: str) -> Flow[None]:
    """Erases the seed if the person holds the key. Declining changes nothing."""
    words = "Without your words on paper your coins are lost."
    answer = yield Question("Erase the seed?", (*reasons, words), yes="erase", hold=True)
    if not isinstance(answer, Acknowledged):
        return
    yield Locked()
    yield Pause(Wait("Erasing the seed."), vault=vault.wiped())
    yield Notice("Erased", ("The seed is erased.", "Restore it from your words, or make one."))
