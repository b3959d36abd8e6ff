"""Choosing after how many minutes without a key the device locks itself."""

from dataclasses import replace

from firmware_emu.flows import Flow, Pause
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Acknowledged, Question, Wait
from firmware_emu.storage.settings import NEVER, Settings
from firmware_emu.storage.vault import Vault

_MINUTES = (1, 2, 5, 10, 30, 60, NEVER)


def choose_auto_lock(vault: Vault) -> Flow[None]:
    """Changes the minutes if the person picks others, and keeps them. Never takes a hold."""
    minutes = vault.settings.lock_minutes
    words = {label(choice): choice for choice in sorted({*_MINUTES, minutes}, key=_by_length)}
    answer = yield Menu("Auto-lock", tuple(words), tuple(words).index(label(minutes)))
    if not isinstance(answer, Picked) or words[answer.item] == minutes:
        return
    chosen = words[answer.item]
    if chosen == NEVER and not (yield from _agree()):
        return
    settings: Settings = replace(vault.settings, lock_minutes=chosen)
    yield Pause(Wait("Changing the auto-lock."), replace(vault, settings=settings))


def label(minutes: int) -> str:
    """What the menu calls it."""
    if minutes == NEVER:
        return "never"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def _by_length(minutes: int) -> float:
    return minutes or float("inf")


def _agree() -> Flow[bool]:
    sentences = ("Left alone it stays unlocked.", "Whoever comes by can sign with it.")
    answer = yield Question("Never lock?", sentences, yes="never", hold=True)
    return isinstance(answer, Acknowledged)
