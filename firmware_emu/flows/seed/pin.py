"""Asking for a PIN: once to unlock, twice to set one."""

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.pin_pad import Entered, PinPad

DIGITS = "0123456789"


def ask(title: str, note: str, pool: EntropyPool) -> Flow[str]:
    """The digits a person entered. Raises Declined."""
    answer = yield PinPad(title, pool.shuffled(DIGITS), note)
    if not isinstance(answer, Entered):
        raise Declined
    return answer.pin


def choose(pool: EntropyPool) -> Flow[str]:
    """A new PIN, entered the same twice. Raises Declined."""
    while True:
        pin = yield from ask("Choose a PIN", "4 to 8 digits. Longer is safer.", pool)
        if pin == (yield from ask("The same PIN again", "", pool)):
            return pin
        yield Notice("Not the same", ("The two PINs differ.", "Choose again."))
