"""QR codes to requests, replies to QR codes. There is no back channel: faults end on our screen."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from firmware_emu.commands import (
    Accounts,
    CheckAddress,
    CheckKeys,
    Done,
    Fault,
    FaultCode,
    Fingerprint,
    Info,
    LoadSeed,
    OpenEnvelope,
    Register,
    Registered,
    Reply,
    Request,
    Sign,
    Signature,
    Signed,
    SignMessage,
    Text,
    Unchanged,
    Unlock,
    Unusable,
)
from firmware_emu.personalities import Profile
from firmware_emu.personalities.air import codes, forms
from firmware_emu.personalities.air.account import CHAIN, registration_of
from firmware_emu.screens import Screen
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.qr import animated
from firmware_emu.screens.scan import Scan, Sight
from signer.errors import Malformed
from signer.formats.payload import reader
from signer.formats.payload.values import (
    AccountDescription,
    AccountKeys,
    AddressText,
    EncryptedSeed,
    Labels,
    MessageText,
    Named,
    Payload,
    Payment,
    RawTransaction,
    SeedCode,
)
from signer.formats.qr.parts import Limits, Progress
from signer.formats.qr.peers import USUAL, Peer
from signer.hashes import sha256
from signer.keys import path
from signer.keys.curve import erase
from signer.keys.seeds import scanned

MAX_MESSAGE: Final = 512 << 10
AWAY_S: Final = 2.0

_OPENING, _SCAN, _ON_DEVICE = "opening", "scan", "on the device"
_READY: Final = Request(_OPENING, Unlock(is_for_code=True))
_MESSAGE = "message"
_PAYMENT = "payment as "  # and the form: who asks in one may read no other
_PARTS: Final = b"parts"  # stands in for a payment of which some parts were seen
_IN_VIEW: Final = 8  # different things a camera may see at once before the oldest is forgotten
_NOT_REGISTERED: Final = "NOT_REGISTERED"
_SHOW_ACCOUNT: Final = Notice(
    "Not registered",
    (
        "A coin is of an account that is not registered here. Nothing was signed.",
        "Show its descriptor or setup file now. Then the payment goes on.",
    ),
)
_UNSEEN: Final = frozenset({FaultCode.LOCKED, FaultCode.BAD_REQUEST, FaultCode.OUT_OF_TURN})


class Air:
    """One camera, and `peer`, who reads the answers.

    A code names no network: it is for the one that the device is set to.

    A code that stays in view is one request, not one a frame: the same thing is taken again only
    after the camera saw nothing of it for AWAY_S seconds. Otherwise a payment just declined would
    be back before the person could lower the camera.
    """

    def __init__(self, profile: Profile, peer: Peer = USUAL) -> None:
        self._peer = peer
        self._network = profile.network(CHAIN)
        self._collector = reader.Collector(Limits(message_bytes=MAX_MESSAGE))
        self._scan: Scan | None = None
        self._n_scans = 0
        self._payment: Request | None = None  # the last one
        self._is_waiting = False  # it lacks its account, which may be shown next
        self._is_served = False  # what is in view was asked for: no word of its codes any more
        self._in_view: dict[bytes, float] = {}  # digest, or _PARTS -> seconds since it was seen

    def receive(self, data: bytes, /) -> Iterator[Request | bytes | Scan]:
        """One QR code's bytes: the requests that it completes, a fault, or how far it is."""
        yield from self._received(data)
        if self._scan and not self._is_served:
            yield self._scan

    def _received(self, data: bytes) -> Iterator[Request]:
        try:
            payload = self._collect(data)
            requests = tuple(self._requests(payload, data)) if payload else ()
        except Malformed as error:
            # A stray code beside a payment under way is no reason to interrupt anyone.
            if self._scan:
                is_part = data[:3].lower() == b"ur:" or data.startswith(b"B$")
                self._scan = self._scan.misread(Sight.DAMAGED if is_part else Sight.FOREIGN)
            if self._appeared(data) and _PARTS not in self._in_view:
                yield _refusal(codes.mistaken(data, str(error)))
            return
        if requests:
            self._is_served = True
        if requests and self._appeared(_identity(payload, data)):
            yield from (replace(request, is_by_person=True) for request in requests)
        else:
            _forget(requests)

    def prompted(self, _ticket: str, /) -> bytes:
        """Nothing: the person who is asked stands in front of the camera."""
        return b""

    def reply(self, ticket: str, reply: Reply, /) -> bytes | Screen:
        """A signature as a QR screen; a fault that the person has not read yet as a notice."""
        if ticket.startswith(_PAYMENT):
            self._is_waiting = isinstance(reply, Fault) and reply.reason == _NOT_REGISTERED
        match reply:
            case Signed(payload):
                form = forms.form_of(ticket.removeprefix(_PAYMENT))
                return forms.answer(CHAIN, payload, form, self._peer)
            case Fault(reason=reason) if reason == _NOT_REGISTERED:
                return _SHOW_ACCOUNT
            case Fault(code, message):
                # What goes wrong inside a conversation is shown by it.
                is_unread = (ticket == _SCAN and code is not FaultCode.DECLINED) or code in _UNSEEN
                notice = Notice("Not scanned", (message, "Nothing was signed."))
                return notice if is_unread else b""
            case Signature(signature):
                return animated("Signature", (b64encode(signature).decode("ascii"),), self._peer)
            case Info() | Done() | Text() | Fingerprint() | Registered() | Accounts():
                return b""
            case Unchanged():
                return b""  # who showed it has it; as a code it would look like a signed one

    def tick(self, seconds: float, /) -> None:
        """Let time pass without the codes that were in view."""
        aged = {code: unseen_s + seconds for code, unseen_s in self._in_view.items()}
        self._in_view = {code: unseen_s for code, unseen_s in aged.items() if unseen_s <= AWAY_S}
        self._is_served = self._is_served and bool(self._in_view)
        scan = self._scan.tick(seconds) if self._scan else None
        self._scan = scan if isinstance(scan, Scan) else None

    def hang_up(self) -> None:
        """The camera is gone: forget what it saw."""
        self._collector.reset()
        self._in_view.clear()
        self._scan = None
        self._payment, self._is_waiting = None, False

    def _collect(self, data: bytes) -> Payload | None:
        """What this code completes, or None while codes are missing. Raises Malformed."""
        collected = self._collector.add(data)
        if isinstance(collected, Progress):
            # Which payment a part belongs to shows at its end, and a long one takes longer than
            # AWAY_S to come round: all that was in view still is.
            self._in_view = dict.fromkeys((*self._in_view, _PARTS), 0.0)
            self._n_scans += self._scan is None
            self._scan = (self._scan or Scan(collected, self._n_scans)).saw(collected)
            return None
        if not isinstance(collected, bytes):
            self._in_view.pop(_PARTS, None)
            self._scan = None
        return reader.read(collected)

    def _requests(self, payload: Payload, data: bytes) -> Iterator[Request]:
        """What a whole payload asks of this device. Raises Malformed."""
        match payload:
            case Payment(psbt, form):
                yield _READY
                self._payment = Request(_PAYMENT + form.value, Sign(CHAIN, self._network, psbt))
                yield self._payment
            case AccountDescription():
                yield from self._registration(payload)
            case AddressText(address):
                yield _READY
                yield Request(_ON_DEVICE, CheckAddress(CHAIN, self._network, address))
            case AccountKeys(keys):
                yield _READY
                yield Request(_ON_DEVICE, CheckKeys(CHAIN, self._network, keys))
            case MessageText(way, text, variant):
                yield _READY
                steps, network = path.parse(way), self._network
                message = SignMessage(CHAIN, steps, text, network=network, variant=variant)
                yield Request(_MESSAGE, message)
            case SeedCode(form):
                words = scanned.words_of(data, form)
                erase(data)  # it came from a camera, and is nobody else's (threat T81)
                yield Request(_SCAN, LoadSeed(words, form.value))
            case EncryptedSeed():
                yield Request(_SCAN, OpenEnvelope(payload))
            case RawTransaction() | Labels() | Named():
                yield _refusal(codes.sentence(payload))

    def _registration(self, account: AccountDescription) -> Iterator[Request]:
        """And behind it the payment that waits for it, if one does. Raises Malformed."""
        register = registration_of(account, self._network)
        if not isinstance(register, Register):
            yield Request(_SCAN, register)
            return
        yield _READY
        yield Request(_ON_DEVICE, register)
        if self._is_waiting and self._payment:
            yield self._payment

    def _appeared(self, code: bytes) -> bool:
        """Note that `thing` is in view. False when it was all along."""
        digest = sha256(code)
        is_known = self._in_view.pop(digest, None) is not None
        self._in_view[digest] = 0.0
        while len(self._in_view) > _IN_VIEW:
            del self._in_view[next(iter(self._in_view))]
        return not is_known


def _refusal(sentence: str) -> Request:
    # Whether a code is of use here is no secret: a locked or new device says it, too.
    fault = Fault(FaultCode.BAD_PARAMETERS, sentence)
    return Request(_SCAN, Unusable(Unlock, fault), is_by_person=True)


def _forget(requests: tuple[Request, ...]) -> None:
    """Erase the seed of a code that is still in view."""
    for request in requests:
        if isinstance(request.command, LoadSeed):
            request.command.words.erase()


def _identity(payload: Payload | None, data: bytes) -> bytes:
    """What is the same thing while it stays in view: of many codes, their payment."""
    return payload.psbt if isinstance(payload, Payment) else repr(payload).encode() or data
