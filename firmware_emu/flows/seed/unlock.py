"""PIN, count, look: in this order, so that cutting the power never gives a try back."""

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow, Locked, Pause, Unlocked
from firmware_emu.flows.seed.keys import keyring
from firmware_emu.flows.seed.pin import ask
from firmware_emu.pin_entry import PinEntry
from firmware_emu.screens.notice import Notice, Wait
from firmware_emu.storage.vault import TRIES, Sealed, Vault, WrongPin
from signer.keys.scratch import Scratch


def unlock(vault: Vault, sealed: Sealed, pool: EntropyPool) -> Flow[None]:
    """Opens the seed with its PIN. Raises Declined: the person stopped, or no try is left."""
    with Scratch() as scratch:  # also when the cable is pulled meanwhile
        entropy = scratch.owned((yield from open_seed(vault, sealed, pool)))
        yield Unlocked(keyring(entropy))


def open_seed(
    vault: Vault, sealed: Sealed, pool: EntropyPool, purpose: str = ""
) -> Flow[bytearray]:
    """The seed's entropy, for the caller to erase, once its PIN was entered. Raises Declined.

    `purpose` is read on the PIN pad. With the last try the seed is gone, and the keys with it.
    """
    while vault.tries_left:
        with PinEntry() as pin:  # erased also when the cable is pulled meanwhile
            yield from ask("PIN", _tries(vault.tries_left) or purpose or _HOW, pool, pin)
            # Whoever kills the process between the try and its count would have a free try; so the
            # count is in flash before the PIN is looked at (threat T71).
            vault = vault.attempt()
            yield Pause(Wait("Checking the PIN."), vault=vault)
            entropy = _opened(sealed, pin)
        if entropy is None:
            yield _wrong_pin(vault.tries_left)
            continue
        with Scratch() as scratch:
            scratch.owned(entropy)
            checked = "The PIN is right." if purpose else "Unlocking."
            yield Pause(Wait(checked), vault=vault.restored())
            return scratch.released(entropy)
    yield Locked()
    yield Pause(Wait("Erasing the seed."), vault=vault.wiped())
    yield Notice(
        "Erased",
        (
            "There were too many wrong PINs. The seed is erased.",
            "Your coins are as safe as your words on paper: restore the seed from them.",
        ),
    )
    raise Declined


_HOW = "Type it, or pick the digits."


def _opened(sealed: Sealed, pin: PinEntry) -> bytearray | None:
    try:
        return sealed.open(pin.view())
    except WrongPin:
        return None


def _tries(left: int) -> str:
    if left == TRIES:
        return ""
    return (
        "1 try left, then it is erased."
        if left == 1
        else f"{left} tries left. At 0 the seed is erased."
    )


def _wrong_pin(left: int) -> Notice:
    if not left:
        return Notice("Wrong PIN", ("That was the last try.",))
    return Notice("Wrong PIN", (_tries(left),))
