"""A BIP39 passphrase: other keys of the same seed, in memory alone, until the device locks."""

from contextlib import ExitStack

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow, Pause, Unlocked
from firmware_emu.flows.backups.choice import choose_backup
from firmware_emu.flows.seed.keys import keyring
from firmware_emu.flows.seed.unlock import open_seed
from firmware_emu.pin_entry import PassphraseEntry
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Acknowledged, Notice, Question, Wait
from firmware_emu.screens.pin_pad import Entered
from firmware_emu.screens.text_pad import TextPad
from firmware_emu.storage.vault import Sealed, Vault
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.keyring import Keyring
from signer.keys.scratch import Scratch

_ENTERING = "Type it, or show it as a code."
_EMPTYING = "Leave it empty to have none."
_PURPOSE = "To make the keys."
_EMPTY = Notice("No passphrase", ("Nothing was entered. The keys are as they were.",))
_SAME_KEYS = Notice("The same keys", ("They are in use already. Nothing was changed.",))
_NOT_OF_WORDS = Notice(
    "No passphrase", ("This seed came from a backup of another kind, to which none belongs.",)
)
_WITH = "Write it down, or compare it with your note: one wrong letter makes other keys."
_WITHOUT = "These are the keys of the seed alone."
_PLAIN, _WITH_ONE, _BACK_UP = "Use it", "Add a passphrase", "Back it up"
_UNCHANGED = Notice("Not changed", ("The keys are as they were.",))


def choose_passphrase(
    vault: Vault, sealed: Sealed, present: Keyring, pool: EntropyPool
) -> Flow[None]:
    """Other keys in use, once their fingerprint was read (threat T128). Raises Declined.

    The seed is not in memory while its keys are in use: its PIN is asked for.
    """
    with PassphraseEntry() as entry:
        note = f"{_ENTERING} {_EMPTYING}" if vault.tag else _ENTERING
        if not isinstance((yield TextPad("Passphrase", note, entry=entry)), Entered):
            raise Declined
        if not (len(entry) or vault.tag):
            yield _EMPTY
            return
        keys = yield from _keys(vault, sealed, pool, entry)
        if keys is None:
            yield _NOT_OF_WORDS
            return
        has_passphrase = len(entry) > 0
    if keys.fingerprint == present.fingerprint:
        keys.wipe()
        yield _SAME_KEYS
        return
    advice = _WITH if has_passphrase else _WITHOUT
    yield from take_into_use(present, keys, "with a passphrase" if has_passphrase else "", advice)


def take_into_use(present: Keyring, keys: Keyring, label: str, advice: str) -> Flow[None]:
    """Other keys instead of the present ones, if a person holds for it; else they are wiped."""
    facts = (f"Now {present.fingerprint.hex()}", f"Then {keys.fingerprint.hex()}")
    with ExitStack() as stack:
        stack.callback(keys.wipe)  # also when the device locks meanwhile
        question = Question("Use these keys?", (*facts, advice), "use", hold=True)
        if isinstance((yield question), Acknowledged):
            stack.pop_all()
            yield Unlocked(keys, label)
        else:
            yield _UNCHANGED


def _keys(
    vault: Vault, sealed: Sealed, pool: EntropyPool, entry: PassphraseEntry
) -> Flow[Keyring | None]:
    """The keys; None for a seed that takes no passphrase. Raises Declined."""
    with Scratch() as scratch:
        entropy = scratch.owned((yield from open_seed(vault, sealed, pool, _PURPOSE)))
        if len(entry) and isinstance(entropy, MasterSeed):
            return None
        yield Pause(Wait("Making the keys."))
        return keyring(entropy, entry.view())


def use_unkept(entropy: bytearray, pool: EntropyPool) -> Flow[None]:
    """The keys of a seed that is kept nowhere, with a passphrase or without. Raises Declined."""
    keys = keyring(type(entropy)(entropy))
    with ExitStack() as stack:
        stack.callback(keys.wipe)
        words_only = () if isinstance(entropy, MasterSeed) else (_WITH_ONE,)
        items = (_PLAIN, *words_only, _BACK_UP)
        while True:
            answer = yield Menu(f"Seed {keys.fingerprint.hex()}", items, is_leavable=False)
            match answer:
                case Picked(item) if item == _PLAIN:
                    stack.pop_all()
                    yield Unlocked(keys, "in memory alone")
                case Picked(item) if item == _WITH_ONE:
                    yield from _add_passphrase(entropy, keys)
                case Picked():
                    yield from _back_up(entropy, pool)
                    continue
                case _:
                    raise Declined
            return


def _add_passphrase(entropy: bytearray, present: Keyring) -> Flow[None]:
    with PassphraseEntry() as entry:
        if not isinstance((yield TextPad("Passphrase", _ENTERING, entry)), Entered):
            raise Declined
        others = keyring(type(entropy)(entropy), entry.view())
    yield from take_into_use(present, others, "with a passphrase", _WITH)


def _back_up(entropy: bytearray, pool: EntropyPool) -> Flow[None]:
    """Before the seed is forgotten: of keys alone there is no backup. Who stops is asked again."""
    try:
        yield from choose_backup(entropy, pool)
    except Declined as declined:
        if declined.notice:
            yield declined.notice
