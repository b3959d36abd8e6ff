"""The menu of a device that keeps nothing: its seeds are in memory until they are forgotten."""

from functools import partial

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Flow, Locked, Unlocked
from firmware_emu.flows.menu import home
from firmware_emu.flows.menu.auto_lock import choose_auto_lock
from firmware_emu.flows.menu.child import choose_child
from firmware_emu.flows.menu.export import export, export_for_program
from firmware_emu.flows.menu.forget import accounts
from firmware_emu.flows.menu.network import choose_network
from firmware_emu.flows.seed.setup import setup
from firmware_emu.screens.home import Home
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Acknowledged, Notice, Question
from firmware_emu.storage.vault import Vault

SEEDS = "Choose a seed"
ANOTHER = "Load another seed"
FORGET = "Forget all seeds"
MOST_SEEDS = 8
_FULL = Notice("Eight seeds", ("No more fit. Forget them all to begin anew.",))


def session(
    vault: Vault,
    keys: Unlocked,
    seeds: tuple[Unlocked, ...],
    pool: EntropyPool,
    notes: tuple[str, ...] = (),
) -> Flow[None]:
    """With at least one seed."""
    keyring = keys.keyring
    labels = home.network_labels(vault)
    fingerprint = keyring.fingerprint.hex()
    yield Home(vault.settings.name, fingerprint, networks=labels, notes=notes, label=keys.label)
    yield from home.choose_activity(
        {
            FORGET: _forget,
            home.EXPORT: partial(export, vault.settings, keyring),
            home.ACCOUNTS: partial(accounts, vault, keyring),
            home.FOR_PROGRAM: partial(export_for_program, vault.settings, keyring),
            SEEDS: partial(_choose_seed, seeds),
            ANOTHER: partial(_load_another, vault, seeds, pool),
            home.CHILD: partial(choose_child, vault, None, keyring, pool),
            home.NETWORK: partial(choose_network, vault),
            home.AUTO_LOCK: partial(choose_auto_lock, vault),
        }
    )


def name_of(keys: Unlocked) -> str:
    """What a menu calls the keys."""
    return f"{keys.keyring.fingerprint.hex()} {keys.label}"


def _choose_seed(seeds: tuple[Unlocked, ...]) -> Flow[None]:
    names = {name_of(keys)[:28]: keys for keys in seeds}
    answer = yield Menu(SEEDS, tuple(names), len(names) - 1)
    if isinstance(answer, Picked):
        yield names[answer.item]


def _load_another(vault: Vault, seeds: tuple[Unlocked, ...], pool: EntropyPool) -> Flow[None]:
    if len(seeds) >= MOST_SEEDS:
        yield _FULL
        return
    yield from setup(vault, None, pool, back="back")


def _forget() -> Flow[None]:
    sentences = ("Nothing of them is kept here.", "Without your backups their coins are lost.")
    answer = yield Question("Forget all seeds?", sentences, yes="forget", hold=True)
    if isinstance(answer, Acknowledged):
        yield Locked()
