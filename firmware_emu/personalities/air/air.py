"""QR codes to requests, replies to QR codes. There is no back channel: faults end on our screen."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from firmware_emu.commands import (
    Accounts,
    Done,
    Fault,
    FaultCode,
    Fingerprint,
    Info,
    Register,
    Registered,
    Reply,
    Request,
    Sign,
    Signature,
    Signed,
    Text,
    Unchanged,
    Unlock,
    Unusable,
)
from firmware_emu.personalities import Profile
from firmware_emu.personalities.air.account import CHAIN, account_of
from firmware_emu.personalities.air.codes import mistaken
from firmware_emu.screens import Screen
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.qr import VERSION, Qr, animated
from signer.errors import Malformed
from signer.formats.qr import bbqr, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.parts import Limits, PartCollector, Progress
from signer.formats.qr.ur import PSBT_TYPES
from signer.hashes import sha256

MAX_MESSAGE: Final = 512 << 10
AWAY_S: Final = 2.0

_OPENING, _SCAN, _ACCOUNT = "opening", "scan", "account"
_BY_UR, _BY_BBQR = "payment", "payment by BBQr"  # who asks in one form may read no other
_PARTS: Final = b"parts"  # stands in for a payment of which some parts were seen
_IN_VIEW: Final = 8  # different things a camera may see at once before the oldest is forgotten
_UNSEEN: Final = frozenset({FaultCode.LOCKED, FaultCode.BAD_REQUEST, FaultCode.OUT_OF_TURN})


class Air:
    """One camera. A code names no network: it is for the one that the device is set to.

    A code that stays in view is one request, not one a frame: the same thing is taken again only
    after the camera saw nothing of it for AWAY_S seconds. Otherwise a payment just declined would
    be back before the person could lower the camera.
    """

    def __init__(self, profile: Profile) -> None:
        self._network = profile.network(CHAIN)
        limits = Limits(message_bytes=MAX_MESSAGE)
        self._urs = PartCollector(PSBT_TYPES, limits)
        self._files = bbqr.BbqrCollector(bbqr.PSBT, limits)
        self._in_view: dict[bytes, float] = {}  # digest, or _PARTS -> seconds since it was seen

    def receive(self, data: bytes, /) -> Iterator[Request | bytes]:
        """One QR code's bytes: the requests that it completes, or a fault to show."""
        try:
            text = data.decode("ascii")
            account = account_of(text, self._network)
            payment, form = (None, "") if account else self._collect(text)
        except (UnicodeDecodeError, Malformed):
            # A stray code beside a payment under way is no reason to interrupt anyone.
            if self._appeared(data) and _PARTS not in self._in_view:
                fault = Fault(FaultCode.BAD_PARAMETERS, mistaken(data))
                yield Request(_SCAN, Unusable(Sign, fault))
            return
        if account and self._appeared(data):
            yield Request(_OPENING, Unlock())
            yield Request(_ACCOUNT if isinstance(account, Register) else _SCAN, account)
        if payment is not None and self._appeared(payment):
            yield Request(_OPENING, Unlock())
            yield Request(form, Sign(CHAIN, self._network, payment))

    def prompted(self, _ticket: str, /) -> bytes:
        """Nothing: the person who is asked stands in front of the camera."""
        return b""

    def reply(self, ticket: str, reply: Reply, /) -> bytes | Screen:
        """A signature as a QR screen; a fault that the person has not read yet as a notice."""
        match reply:
            case Signed(payload):
                return _as_code(payload, ticket)
            case Fault(code, message):
                # What goes wrong inside a conversation is shown by it.
                is_unread = ticket == _SCAN or code in _UNSEEN
                notice = Notice("Not scanned", (message, "Nothing was signed."))
                return notice if is_unread else b""
            case Info() | Done() | Text() | Fingerprint() | Registered() | Accounts() | Signature():
                return b""
            case Unchanged():
                return b""  # who showed it has it; as a code it would look like a signed one

    def tick(self, seconds: float, /) -> None:
        """Let time pass without the codes that were in view."""
        aged = {code: unseen_s + seconds for code, unseen_s in self._in_view.items()}
        self._in_view = {code: unseen_s for code, unseen_s in aged.items() if unseen_s <= AWAY_S}

    def hang_up(self) -> None:
        """The camera is gone: forget what it saw."""
        self._urs.reset()
        self._files.reset()
        self._in_view.clear()

    def _collect(self, text: str) -> tuple[bytes | None, str]:
        """The payment that this code completes, or None while codes are missing; and its form."""
        by_bbqr = text.startswith(bbqr.START)
        collected = self._files.add(text) if by_bbqr else self._urs.add(text)
        if isinstance(collected, Progress):
            # Which payment a part belongs to shows at its end, and a long one takes longer than
            # AWAY_S to come round: all that was in view still is.
            self._in_view = dict.fromkeys((*self._in_view, _PARTS), 0.0)
            return None, ""
        self._in_view.pop(_PARTS, None)
        if isinstance(collected, BbqrFile):
            return collected.data, _BY_BBQR
        return ur.to_psbt(collected), _BY_UR

    def _appeared(self, code: bytes) -> bool:
        """Note that `thing` is in view. False when it was all along."""
        digest = sha256(code)
        is_known = self._in_view.pop(digest, None) is not None
        self._in_view[digest] = 0.0
        while len(self._in_view) > _IN_VIEW:
            del self._in_view[next(iter(self._in_view))]
        return not is_known


def _as_code(payload: bytes, ticket: str) -> Screen:
    """A signed payment in the form it was asked for in."""
    if ticket == _BY_BBQR:
        # More codes than BBQr can number: by UR there is no such end.
        with suppress(Malformed):
            return Qr("Signed", bbqr.split(BbqrFile(bbqr.PSBT, payload), VERSION))
    return animated("Signed", ur.from_psbt(payload))
