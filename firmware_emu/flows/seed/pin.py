"""Asking for a PIN: once to unlock, twice to set one."""

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow
from firmware_emu.pin_entry import PinEntry
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.pin_pad import Entered, PinPad

DIGITS = "0123456789"


def ask(title: str, note: str, pool: EntropyPool, pin: PinEntry) -> Flow[None]:
    """Into `pin`, empty before, goes what a person enters. Raises Declined."""
    if not isinstance((yield PinPad(title, pool.shuffled(DIGITS), note, pin)), Entered):
        raise Declined


def choose(pool: EntropyPool, pin: PinEntry) -> Flow[None]:
    """Into `pin` goes a new PIN, entered the same twice. Raises Declined."""
    while True:
        yield from ask("Choose a PIN", _CHOOSE, pool, pin)
        with PinEntry() as again:
            yield from ask("The same PIN again", "", pool, again)
            if pin.equals(again):
                return
        pin.erase()
        yield Notice("Not the same", ("The two PINs differ.", "Choose again."))


_CHOOSE = "4 or more digits or letters. Longer is safer."
