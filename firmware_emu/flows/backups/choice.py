"""Which backup: what there is for a seed of words, and for one without."""

from collections.abc import Callable
from functools import partial
from typing import Final

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow
from firmware_emu.flows.backups.codex import show_codex32
from firmware_emu.flows.backups.drawn import draw
from firmware_emu.flows.backups.encrypted import show_encrypted
from firmware_emu.flows.backups.parts import SIZES, show_parts, show_shares
from firmware_emu.flows.seed.unlock import open_seed
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.storage.vault import Sealed, Vault
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.scratch import Scratch

PARTS: Final = "Parts (Seed XOR)"
ENCRYPTED: Final = "Encrypted code (KEF)"
DRAWN: Final = "SeedQR to draw"
CODEX32: Final = "codex32"
SHARES: Final = "Shares (SLIP39)"


def back_up(vault: Vault, sealed: Sealed, pool: EntropyPool) -> Flow[None]:
    """A backup of the sealed seed, for who has the PIN (threat T134). Raises Declined."""
    with Scratch() as scratch:
        secret = scratch.owned((yield from open_seed(vault, sealed, pool, "To make a backup.")))
        yield from choose_backup(secret, pool)


def choose_backup(secret: bytearray, pool: EntropyPool) -> Flow[None]:
    """One of the backups that this seed can have; no passphrase is in any. Raises Declined."""
    backups = _backups(secret, pool)
    answer = yield Menu("Backup", tuple(backups))
    if not isinstance(answer, Picked):
        raise Declined
    yield from backups[answer.item]()


def _backups(secret: bytearray, pool: EntropyPool) -> dict[str, Callable[[], Flow[None]]]:
    if isinstance(secret, MasterSeed):  # of which no words are, and no code that would bring words
        shares = {} if len(secret) % 2 else {SHARES: partial(show_shares, secret, pool)}
        return {**shares, CODEX32: partial(show_codex32, secret, pool)}
    parts = {PARTS: partial(show_parts, secret, pool)} if len(secret) in SIZES else {}
    return {
        **parts,
        ENCRYPTED: partial(show_encrypted, secret, pool),
        DRAWN: partial(draw, secret),
    }
