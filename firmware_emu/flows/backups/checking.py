"""What a person has copied from this device, read back by the camera and compared."""

import hmac
from collections.abc import Callable
from typing import Final

from firmware_emu.flows import Flow
from firmware_emu.flows.seed.keys import keyring
from firmware_emu.screens.letters import CodeHeldUp
from firmware_emu.screens.notice import Acknowledged, Notice
from firmware_emu.screens.paper.read_back import ReadBack
from signer.errors import Malformed
from signer.formats.payload.secrets import seed_form
from signer.keys.curve import erase
from signer.keys.scratch import Scratch
from signer.keys.seeds import scanned

_RIGHT: Final = Notice("It is right", ("What was read brings this very seed back.",))
_UNCHECKED: Final = Notice(
    "Not checked",
    ("Nobody knows whether your copy can be read.", "Read it back before you rely on it."),
)
_ADVICE: Final = "Nothing is lost. Mend your copy and show it again."


def read_back(sentences: tuple[str, ...], mistake: Callable[[bytes], str]) -> Flow[bool]:
    """Whether that is all: the copy is right, or nobody wants to check it. Else it is shown again.

    `mistake` says why a code is not the copy, or nothing where it is.
    """
    while True:
        match (yield ReadBack("Read it back", sentences)):
            case CodeHeldUp(data):
                try:
                    sentence = mistake(data)
                finally:
                    erase(data)
                if not sentence:
                    yield _RIGHT
                    return True
                yield Notice("Not this seed", (sentence, _ADVICE))
            case Acknowledged():
                return False
            case _:
                yield _UNCHECKED
                return True


def mistake_in_seed(seed: bytearray, data: bytes) -> str:
    """Why a code does not hold this entropy; empty if it does (threat T138)."""
    form = seed_form(data)
    if form is None:
        return "This code holds no seed."
    with Scratch() as scratch:
        try:
            with scanned.words_of(data, form) as words:
                copy = scratch.owned(words.entropy())
        except Malformed as error:
            return str(error)
        return difference(seed, copy)


def difference(seed: bytearray, copy: bytearray) -> str:
    """Whose keys a copy has; empty where it is the seed."""
    if hmac.compare_digest(seed, copy):
        return ""
    keys = keyring(bytearray(copy))
    keys.wipe()
    return f"This is another seed: its fingerprint is {keys.fingerprint.hex()}."
