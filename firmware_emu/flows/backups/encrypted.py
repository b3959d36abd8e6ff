"""A seed in an encrypted code (KEF, AES-256-GCM): shown to be printed or stored, and read back."""

from dataclasses import replace
from functools import partial
from typing import Final

from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Declined, Flow, Pause
from firmware_emu.flows.backups.checking import difference, read_back
from firmware_emu.flows.seed.keys import keyring
from firmware_emu.pin_entry import PasswordEntry
from firmware_emu.screens.notice import Acknowledged, Notice, Question, Wait
from firmware_emu.screens.pin_pad import Entered
from firmware_emu.screens.qr import animated
from firmware_emu.screens.text_pad import TextPad
from signer.errors import CrossCheckFailed, Malformed
from signer.formats.payload import envelopes, radix
from signer.formats.payload.values import EncryptedSeed
from signer.keys.backups import kef
from signer.keys.scratch import Scratch

SHORTEST: Final = 12  # letters of a password
_FACTS: Final = (
    "Whoever finds the code can try passwords, as many as he likes.",
    "Without the password nothing brings the seed back: keep your words, too.",
)
_SHORT: Final = Notice(
    "Too short",
    (f"A computer guesses that. Take {SHORTEST} letters or more: a few words by chance.",),
)
_DIFFERENT: Final = Notice("Not the same", ("You typed two passwords. Type it again, twice.",))
_KEEPING: Final = "Print this code, or take a picture of it: whoever has it needs the password."
_READING: Final = (
    "Print the code or take it along, then show that to the camera.",
    "It is opened with the password you typed.",
)


def show_encrypted(seed: bytearray, pool: EntropyPool) -> Flow[None]:
    """The code of this entropy under a password, until a copy was read. Raises Declined."""
    question = Question("Encrypt the seed?", _FACTS, yes="go on", hold=True)
    if not isinstance((yield question), Acknowledged):
        raise Declined
    with PasswordEntry() as password:
        yield from _choose(password)
        yield Pause(Wait("Encrypting it."))
        envelope = _sealed(seed, password, pool)
        text = radix.encode(envelopes.encoded(envelope), radix.BASE43)
        while True:
            yield replace(animated("Encrypted seed", (text,)), advice=_KEEPING)
            mistake = partial(_mistake, seed, envelope, password)
            if (yield from read_back(_READING, mistake)):
                return


def _choose(password: PasswordEntry) -> Flow[None]:
    """A password that was entered twice. Raises Declined."""
    while True:
        with PasswordEntry() as repeated:
            password.erase()
            yield from _enter("New password", f"{SHORTEST} letters or more.", password)
            if len(password) < SHORTEST:
                yield _SHORT
                continue
            yield from _enter("Once more", "The same password.", repeated)
            if password.equals(repeated):
                return
            yield _DIFFERENT


def _enter(title: str, note: str, entry: PasswordEntry) -> Flow[None]:
    if not isinstance((yield TextPad(title, note, entry)), Entered):
        raise Declined


def _sealed(seed: bytearray, password: PasswordEntry, pool: EntropyPool) -> EncryptedSeed:
    keys = keyring(bytearray(seed))
    keys.wipe()
    label = keys.fingerprint.hex().encode()  # by custom; it salts the key
    envelope = kef.encrypt(seed, password.view(), label, pool.draw(kef.VECTOR_SIZE))
    with Scratch() as scratch:
        if scratch.owned(kef.decrypt(envelope, password.view())) != seed:
            raise CrossCheckFailed("The envelope does not hold the seed.")
    return envelope


def _mistake(seed: bytearray, envelope: EncryptedSeed, password: PasswordEntry, data: bytes) -> str:
    """Why a code is not the envelope, or does not open; empty if it does (threat T138)."""
    try:
        copy = envelopes.of_code(data)
    except Malformed as error:
        return str(error)
    if copy is None:
        return "This code holds no encrypted seed."
    if copy != envelope:
        return f'This is another encrypted seed, called "{copy.label[:16]}".'
    with Scratch() as scratch:
        return difference(seed, scratch.owned(kef.decrypt(copy, password.view())))
