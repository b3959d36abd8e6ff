"""SLIP39: as many shares as are needed, one by one, each checked as it comes."""

from typing import Final

from firmware_emu.flows import Declined, Flow, Pause
from firmware_emu.flows.seed.spelling import choose_number, look_through, spell
from firmware_emu.pin_entry import PassphraseEntry
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Notice, Wait
from firmware_emu.screens.pin_pad import Entered
from firmware_emu.screens.text_pad import TextPad
from signer.errors import Malformed, Refused
from signer.keys.backups import master_seed, slip39
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.backups.share_words import ShareWords, words_starting
from signer.keys.backups.slip39 import Slip39Share
from signer.keys.curve import erase
from signer.keys.scratch import Scratch

# Of secrets of 16, 32, 20, 24 and 28 bytes, the usual ones first.
_COUNTS: Final = ("20 words", "33 words", "23 words", "27 words", "30 words")
_LOOK_THROUGH, _ENTER_AGAIN = "Look through all words", "Enter all words again"
_NOT_LOST: Final = "The shares before it are not lost."


def read_shares() -> Flow[MasterSeed]:
    """The secret of the shares, the caller's to erase. Raises Declined."""
    count = yield from choose_number("Words of a share?", _COUNTS)
    shares = list[Slip39Share]()
    with Scratch() as scratch:
        while not _is_enough(shares):
            share = yield from _read_share(count, progress(shares))
            scratch.owned(share.value)
            if mistake := _mistake(shares, share):
                yield Notice("Not this share", (mistake, _NOT_LOST))
                continue
            shares.append(share)
            if not _is_enough(shares):
                yield Notice("The share is right", (f"{progress(shares)} comes next.",))
        return (yield from _joined(shares))


def progress(shares: list[Slip39Share]) -> str:
    """Which share comes next."""
    if not shares:
        return "Share 1"
    first = shares[0]
    groups = _groups(shares)
    if first.setting.group_threshold == 1 and len(groups) == 1:
        return f"Share {len(shares) + 1} of {first.member_threshold}"
    whole = sum(map(_is_whole, groups.values()))
    return f"A share ({whole} of {first.setting.group_threshold} groups are whole)"


def _groups(shares: list[Slip39Share]) -> dict[int, list[Slip39Share]]:
    groups = dict[int, list[Slip39Share]]()
    for share in shares:
        groups.setdefault(share.group, []).append(share)
    return groups


def _is_whole(group: list[Slip39Share]) -> bool:
    return len(group) == group[0].member_threshold


def _is_enough(shares: list[Slip39Share]) -> bool:
    whole = sum(map(_is_whole, _groups(shares).values()))
    return bool(shares) and whole == shares[0].setting.group_threshold


def _mistake(shares: list[Slip39Share], share: Slip39Share) -> str:
    """Why a share does not go with those before, if it does not."""
    if shares and (shares[0].setting, len(shares[0].value)) != (share.setting, len(share.value)):
        return "This share is of another backup."
    group = _groups(shares).get(share.group)
    if not group:
        return ""
    if group[0].member_threshold != share.member_threshold:
        return "This share is of another backup."
    if share.member in {member.member for member in group}:
        number = 1 + next(i for i, x in enumerate(shares) if _place(x) == _place(share))
        return f"This is share {number} again, in the order you entered them. Enter another."
    return "Its group is whole already. Enter a share of another." if _is_whole(group) else ""


def _place(share: Slip39Share) -> tuple[int, int]:
    return share.group, share.member


def _read_share(count: int, note: str) -> Flow[Slip39Share]:
    """A share whose checksum fits. Raises Declined."""
    with ShareWords() as words:
        yield from _fill(words, count, note)
        while True:
            try:
                return words.share()
            except Malformed as error:
                mistake = f"{note}: {error}"
            yield Notice("Not a share", (mistake, "No word is lost: change the wrong one."))
            match (yield Menu("Change a word", (_LOOK_THROUGH, _ENTER_AGAIN), is_leavable=False)):
                case Picked(item) if item == _ENTER_AGAIN:
                    words.erase()
                    yield from _fill(words, count, note)
                case Picked():
                    yield from look_through(words, words_starting)
                case _:
                    raise Declined


def _fill(words: ShareWords, count: int, note: str) -> Flow[None]:
    """The words of a share, typed or out of a code. Raises Declined."""
    while data := (yield from spell(words, count, note, words_starting, scans=True)):
        try:
            words.take(ShareWords.of_text(data))
        except Malformed as error:
            yield Notice("Not that code", (str(error), "Nothing of it was taken."))
        else:
            return
        finally:
            erase(data)


def _joined(shares: list[Slip39Share]) -> Flow[MasterSeed]:
    """The secret of enough shares, under their passphrase. Raises Declined."""
    members = [share for group in _groups(shares).values() if _is_whole(group) for share in group]
    note = "Leave it empty if there is none."
    with PassphraseEntry() as entry:
        if not isinstance((yield TextPad("Passphrase of the shares", note, entry)), Entered):
            raise Declined
        yield Pause(Wait("Joining the shares."))
        try:
            secret = slip39.combine(members, entry.view())
        except (Malformed, Refused) as error:
            reason = error.reason.sentence if isinstance(error, Refused) else str(error)
            raise Declined(Notice("Not joined", (reason, "Nothing was kept."))) from None
    if len(secret) not in master_seed.SIZES:
        erase(secret)
        sentence = "This secret is longer than any that is kept here (32 bytes)."
        raise Declined(Notice("Not joined", (sentence, "Nothing was kept.")))
    return secret
