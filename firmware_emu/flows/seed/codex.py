"""codex32 (BIP93): a whole secret, or as many shares as are needed, letter by letter."""

from typing import Final

from firmware_emu.flows import Declined, Flow
from firmware_emu.pin_entry import Codex32Entry
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.pin_pad import Entered
from firmware_emu.screens.text_pad import TextPad
from firmware_emu.screens.words import ChosenWord, WordChoice
from signer.errors import Malformed
from signer.keys.backups import codex32, master_seed
from signer.keys.backups.codex32 import Codex32Share
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.curve import erase
from signer.keys.scratch import Scratch

_ENTERING: Final = "Type it, or show it as a code."
_LOOK_THROUGH, _ENTER_AGAIN = "Look through all letters", "Enter it again"
_CHANGES: Final = (_LOOK_THROUGH, "Go on typing", _ENTER_AGAIN)
_NOT_LOST: Final = "The shares before it are not lost."


class Groups:
    """The letters of an entry, four by four, as its paper has them."""

    def __init__(self, entry: Codex32Entry) -> None:
        self._entry = entry

    def __len__(self) -> int:
        return (len(self._entry) + self._entry.group - 1) // self._entry.group

    def __getitem__(self, number: int) -> str:
        start = number * self._entry.group
        return str(self._entry.view()[start : start + self._entry.group], "ascii")


def read_codex32() -> Flow[MasterSeed]:
    """The master seed, the caller's to erase. Raises Declined."""
    shares = list[Codex32Share]()
    with Scratch() as scratch:
        while not shares or len(shares) < shares[0].threshold:
            share = yield from _read_share(_title(shares))
            scratch.owned(share.payload)
            if mistake := _mistake(shares, share):
                yield Notice("Not this share", (mistake, _NOT_LOST))
                continue
            shares.append(share)
            if share.index == codex32.WHOLE:
                return (yield from _seed(share))
            if len(shares) < share.threshold:
                yield Notice("The share is right", (f"{_title(shares)} comes next.",))
        whole = codex32.recover(shares)
        scratch.owned(whole.payload)
        return (yield from _seed(whole))


def _title(shares: list[Codex32Share]) -> str:
    return f"Share {len(shares) + 1} of {shares[0].threshold}" if shares else "codex32"


def _mistake(shares: list[Codex32Share], share: Codex32Share) -> str:
    """Why a share does not go with those before, if it does not."""
    if not shares:
        return ""
    if share.index == codex32.WHOLE:
        return "This is a whole secret, and no share."
    if _kind(share) != _kind(shares[0]):
        return f"Share {share.index} ({share.identifier}) is of another backup."
    if share.index in {other.index for other in shares}:
        return f"Share {share.index} was entered already. Enter another."
    return ""


def _kind(share: Codex32Share) -> tuple[int, str, int]:
    return share.threshold, share.identifier, len(share.payload)


def _seed(share: Codex32Share) -> Flow[MasterSeed]:
    seed = share.seed()
    if len(seed) in master_seed.SIZES:
        return seed
    erase(seed)
    sentence = "This seed is longer than any that is kept here (32 bytes)."
    yield Notice("Not restored", (sentence, "Nothing was kept."))
    raise Declined


def _read_share(title: str) -> Flow[Codex32Share]:
    """A secret or a share whose checksum fits. Raises Declined."""
    with Codex32Entry() as entry:
        while True:
            pad = TextPad(title, _ENTERING, entry, length=len(entry), last=entry.tail())
            if not isinstance((yield pad), Entered):
                raise Declined
            try:
                return entry.share()
            except Malformed as error:
                mistake = str(error)
            yield Notice("Not codex32", (mistake, "No letter is lost: change the wrong ones."))
            match (yield Menu("Change letters", _CHANGES, is_leavable=False)):
                case Picked(item) if item == _LOOK_THROUGH:
                    yield from _look_through(entry)
                case Picked(item) if item == _ENTER_AGAIN:
                    entry.erase()
                case Picked():
                    pass
                case _:
                    raise Declined


def _look_through(entry: Codex32Entry) -> Flow[None]:
    """All letters, and others for the four that a person picks."""
    groups = Groups(entry)
    answer = yield WordChoice("Your letters", groups)
    if not isinstance(answer, ChosenWord) or answer.number >= len(groups):
        return
    letters = groups[answer.number]
    with Codex32Entry() as four:
        title, note = f"Letters {letters}", f"{len(letters)} letters instead"
        is_entered = isinstance((yield TextPad(title, note, four)), Entered)
        if is_entered and len(four) == len(letters):
            entry.replace(answer.number, four)
