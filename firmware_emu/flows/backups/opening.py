"""An encrypted seed (KEF) and the password that opens it."""

from typing import Final

from firmware_emu.flows import Declined, Flow, Pause
from firmware_emu.pin_entry import PasswordEntry
from firmware_emu.screens.notice import Notice, Wait
from firmware_emu.screens.pin_pad import Entered
from firmware_emu.screens.text_pad import TextPad
from signer.errors import Malformed
from signer.formats.payload.values import EncryptedSeed
from signer.keys.backups import kef
from signer.keys.scratch import Scratch
from signer.keys.seeds import scanned
from signer.keys.seeds.seed_words import SeedWords

_LABEL: Final = 16  # letters of it, which are whatever a stranger likes
_WRONG: Final = Notice(
    "Not opened",
    ("The password is another one, or the code was changed.", "Nothing is lost. Try again."),
)


def open_envelope(envelope: EncryptedSeed) -> Flow[SeedWords]:
    """The words that it holds, the caller's to erase. Raises Declined.

    That a password is wrong is all that is said of it (threat T137).
    """
    note = f'Password of "{envelope.label[:_LABEL]}"'
    while True:
        with PasswordEntry() as entry, Scratch() as scratch:
            if not isinstance((yield TextPad("Encrypted seed", note, entry)), Entered):
                raise Declined
            yield Pause(Wait("Opening it."))
            try:
                text = scratch.owned(kef.decrypt(envelope, entry.view()))
            except kef.WrongPassword:
                yield _WRONG
                continue
            try:
                return scanned.words_in(text)
            except Malformed as error:
                facts = ("The password is right.", str(error), "Nothing of it was kept.")
                raise Declined(Notice("Not a seed", facts)) from None
