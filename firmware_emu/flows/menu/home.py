"""What a person finds when nobody asks anything: one conversation for each state of the device."""

from collections.abc import Callable
from functools import partial

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Flow, Locked, Unlocked
from firmware_emu.flows.backups.choice import back_up
from firmware_emu.flows.menu.auto_lock import choose_auto_lock
from firmware_emu.flows.menu.child import choose_child
from firmware_emu.flows.menu.export import export, export_for_program
from firmware_emu.flows.menu.forget import accounts
from firmware_emu.flows.menu.network import choose_network
from firmware_emu.flows.seed.passphrase import choose_passphrase
from firmware_emu.flows.seed.unlock import unlock
from firmware_emu.flows.seed.wipe import wipe_by_pin, wipe_by_word
from firmware_emu.screens.home import Home, MorePressed
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.storage import networks
from firmware_emu.storage.vault import TRIES, Sealed, Vault

EXPORT = "Show account"
ACCOUNTS = "Registered accounts"
FOR_PROGRAM = "Account for a program"
NETWORK = "Network"
AUTO_LOCK = "Auto-lock"
CHILD = "Child seed (BIP85)"
BACK_UP = "Backup"
OTHER_KEYS = "Passphrase"
LOCK = "Lock"
ERASE = "Erase the seed"


def locked(
    vault: Vault, sealed: Sealed, pool: EntropyPool, notes: tuple[str, ...] = ()
) -> Flow[None]:
    """Locked, with a seed: the PIN, or erasing it."""
    if not vault.tries_left:
        yield from wipe_by_word(vault, "No PIN tries are left. The seed stays shut.")
        return
    tries = None if vault.tries_left == TRIES else vault.tries_left
    answer = yield Home(vault.settings.name, "", tries, network_labels(vault), notes)
    if isinstance(answer, MorePressed):
        yield from choose_activity({ERASE: partial(wipe_by_word, vault)})
    else:
        yield from unlock(vault, sealed, pool)


def unlocked(
    vault: Vault,
    sealed: Sealed,
    keys: Unlocked,
    pool: EntropyPool,
    notes: tuple[str, ...] = (),
) -> Flow[None]:
    """Unlocked: the menu."""
    keyring = keys.keyring
    fingerprint = keyring.fingerprint.hex()
    yield Home(
        vault.settings.name,
        fingerprint,
        networks=network_labels(vault),
        notes=notes,
        label=keys.label,
    )
    yield from choose_activity(
        {
            LOCK: _lock,
            EXPORT: partial(export, vault.settings, keyring),
            ACCOUNTS: partial(accounts, vault, keyring),
            FOR_PROGRAM: partial(export_for_program, vault.settings, keyring),
            NETWORK: partial(choose_network, vault),
            AUTO_LOCK: partial(choose_auto_lock, vault),
            CHILD: partial(choose_child, vault, sealed, keyring, pool),
            BACK_UP: partial(back_up, vault, sealed, pool),
            OTHER_KEYS: partial(choose_passphrase, vault, sealed, keyring, pool),
            ERASE: partial(wipe_by_pin, vault, sealed, pool),
        }
    )


def damaged(vault: Vault) -> Flow[None]:
    """The flash holds something that cannot be read. It is kept until the person decides."""
    yield from wipe_by_word(vault, "The memory of this device is damaged. It was left as it is.")


def choose_activity(activities: dict[str, Callable[[], Flow[None]]]) -> Flow[None]:
    answer = yield Menu("Menu", tuple(activities))
    if isinstance(answer, Picked):
        yield from activities[answer.item]()


def network_labels(vault: Vault) -> tuple[str, ...]:
    """What the home screen says of the networks."""
    chosen = networks.chosen(vault.settings)
    return tuple(networks.label(chain, network) for chain, network in chosen.items())


def _lock() -> Flow[None]:
    yield Locked()
