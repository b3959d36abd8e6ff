"""Child seeds (BIP85): shown as backup words are, or their keys used until the device locks."""

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow
from firmware_emu.flows.seed.keys import keyring
from firmware_emu.flows.seed.new_seed import write_down
from firmware_emu.flows.seed.passphrase import take_into_use
from firmware_emu.flows.seed.spelling import choose_number
from firmware_emu.flows.seed.unlock import open_seed
from firmware_emu.screens.menu import Menu, Number, NumberChosen, Picked
from firmware_emu.screens.notice import Acknowledged, Notice, Question
from firmware_emu.storage.vault import Sealed, Vault
from signer.keys.curve import erase
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED
from signer.keys.scratch import Scratch
from signer.keys.seeds import bip85
from signer.keys.seeds.seed_words import SeedWords

_SHOW, _USE = "Show its words", "Use its keys now"
_COUNTS = ("12 words", "18 words", "24 words")
_NUMBER = "The same number brings the same child back."
_DONE = Notice("Written down", ("Its coins are apart from those of this device.",))


def choose_child(
    vault: Vault, sealed: Sealed | None, present: Keyring, pool: EntropyPool
) -> Flow[None]:
    """A child of the keys in use, for who has the PIN (threat T132). Raises Declined."""
    count = yield from choose_number("Words of the child?", _COUNTS)
    chosen = yield Number("Number of the child", _NUMBER, HARDENED - 1)
    if not isinstance(chosen, NumberChosen):
        raise Declined
    purpose = yield Menu(f"Child {chosen.value}", (_SHOW, _USE))
    if not isinstance(purpose, Picked):
        raise Declined
    if sealed:  # who keeps nothing has no PIN
        erase((yield from open_seed(vault, sealed, pool, "To make the child.")))
    with Scratch() as scratch:
        child = scratch.owned(bip85.words_entropy(present, count, chosen.value))
        keys = keyring(scratch.copy(child))
        name = f"child {chosen.value}, {count} words"
        if purpose.item == _USE:
            label = f"BIP85 child {chosen.value}"
            yield from take_into_use(present, keys, label, f"Those of {name}.")
            return
        keys.wipe()
        yield from _show(child, present, keys, name, pool)


def _show(
    child: bytearray, present: Keyring, keys: Keyring, name: str, pool: EntropyPool
) -> Flow[None]:
    facts = (
        f"{name.capitalize()}, of {present.fingerprint.hex()}.",
        f"Fingerprint {keys.fingerprint.hex()}",
        "Whoever has these words has its coins. Write them on paper.",
    )
    question = Question("Show a child seed?", facts, yes="show", hold=True)
    if not isinstance((yield question), Acknowledged):
        raise Declined
    with SeedWords.of_entropy(child) as words:
        yield from write_down(words, pool)
    yield _DONE
