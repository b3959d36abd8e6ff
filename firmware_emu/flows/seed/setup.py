"""The first start: a new seed or one that a person already has, then a PIN."""

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow, Pause, Unlocked
from firmware_emu.flows.seed.keys import keyring
from firmware_emu.flows.seed.new_seed import new_seed
from firmware_emu.flows.seed.passphrase import use_unkept
from firmware_emu.flows.seed.pin import choose
from firmware_emu.flows.seed.restore import restore
from firmware_emu.pin_entry import PinEntry
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Wait
from firmware_emu.storage.vault import Cost, Vault, seal
from signer.keys.scratch import Scratch

NEW_WALLET = "New wallet"
RESTORE = "I have a seed"


def setup(vault: Vault, cost: Cost | None, pool: EntropyPool, back: str = "") -> Flow[None]:
    """A sealed seed and an unlocked device. Raises Declined; until the end nothing is kept."""
    answer = yield Menu("Quietkey", (NEW_WALLET, RESTORE), back=back)
    if not isinstance(answer, Picked):
        raise Declined
    # Erased also when the person stops, or the cable is pulled.
    with Scratch() as scratch:
        entropy = scratch.owned(
            (yield from (new_seed(pool) if answer.item == NEW_WALLET else restore()))
        )
        yield from keep(entropy, vault, cost, pool)


def keep(entropy: bytearray, vault: Vault, cost: Cost | None, pool: EntropyPool) -> Flow[None]:
    """A PIN, and the entropy sealed with it and in use; it stays the caller's. Raises Declined.

    Without a cost there is no PIN, and its keys are in memory alone.
    """
    if cost is None:
        yield from use_unkept(entropy, pool)
        return
    with PinEntry() as pin:
        yield from choose(pool, pin)
        yield Pause(Wait("Sealing the seed."))
        sealed = seal(entropy, pin.view(), cost, pool.draw(32))
        pin.erase()
        yield Pause(Wait("Keeping the seed."), vault=Vault(vault.settings, sealed))
        yield Unlocked(keyring(entropy))
