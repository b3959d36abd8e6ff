"""The one order in which a payment happens, and what is reported on the way, for every face."""

from collections.abc import Callable
from dataclasses import dataclass

from host.config import grouped
from host.fees import FeeAdvice, FeeChoice
from host.session import wording
from host.session.api import UnfinishedPayment, WalletSession
from host.values import DEFAULT_RATE, Draft, PaymentRequest, ReceiveAddress, Sent, SignedPayment


@dataclass(frozen=True, slots=True)
class Drafted:
    """The payment is made up, and nobody has signed it."""

    draft: Draft

    @property
    def sentence(self) -> str:
        draft = self.draft
        paid = [
            f"{grouped(recipient.sats or 0)} sats to {recipient.title}"
            for recipient in draft.recipients
        ]
        verb = "Pay back to yourself" if wording.comes_back(draft) else "Pay"
        total = f", {grouped(draft.sats)} sats in all" if len(paid) > 1 else ""
        return (
            f"{verb} {', '.join(paid)}{total},"
            f" fee {grouped(draft.fee_sats)} sats ({draft.sats_per_vbyte:g} sat/vB)."
            f"{_related(draft)}{_on_path(draft)}{_warnings(draft)}"
        )


def _related(draft: Draft) -> str:
    request = draft.request
    if draft.replaces:
        return f" It replaces {draft.replaces}: {wording.ONLY_ONE}."
    if request is None or not request.child_of:
        return ""
    rate = f"{request.sats_per_vbyte:g} sat/vB"
    return f" It lifts {request.child_of}: both pay {rate} together, or more."


def _on_path(draft: Draft) -> str:
    request = draft.request
    return f" Path {request.path}: {request.path_words}" if request and request.path else ""


def _warnings(draft: Draft) -> str:
    return "".join(f" {payee.warning}" for payee in draft.recipients if payee.warning)


@dataclass(frozen=True, slots=True)
class UnlockAwaited:
    """The device may ask its person for the PIN."""

    sentence: str = wording.MAY_ASK_PIN


@dataclass(frozen=True, slots=True)
class ReviewAwaited:
    """The device shows the payment and waits for its person."""

    draft: Draft

    @property
    def sentence(self) -> str:
        if not self.draft.words:
            return f"Check the payment on the device. {wording.SILENT_REVIEW}"
        words = " ".join(self.draft.words)
        return f"Check the payment on the device. It must show the same four words: {words}."


@dataclass(frozen=True, slots=True)
class Verified:
    """The signed payment would be taken by the network. From here on its coins are spent."""

    payment: SignedPayment

    @property
    def sentence(self) -> str:
        return f"Signed and verified: {self.payment.txid}."


@dataclass(frozen=True, slots=True)
class Announced:
    """The network was told, and perhaps told us back."""

    sent: Sent

    @property
    def sentence(self) -> str:
        sentence = wording.proof_sentence(self.sent.proof)
        return f"{sentence[0].upper()}{sentence[1:]}."


PaymentStep = Drafted | UnlockAwaited | ReviewAwaited | Verified | Announced
Reporter = Callable[[PaymentStep], None]


def silently(_: PaymentStep) -> None:
    """Report nothing."""


async def chosen_rate(session: WalletSession, fee: FeeChoice) -> tuple[float, FeeAdvice | None]:
    """The rate in sat/vB that is meant, and where it comes from, if not from the person.

    Any HostError may end it.
    """
    if fee.blocks is None:
        return fee.sats_per_vbyte or DEFAULT_RATE, None
    advice = await session.advise_fee(fee.blocks)
    return advice.sats_per_vbyte, advice


async def pay(session: WalletSession, request: PaymentRequest, report: Reporter = silently) -> Sent:
    """The whole way from a request to a payment that the network took. Any HostError may end it.

    After DeclinedOnDevice, DeviceError or WalletError there is nothing left of it. After LinkLost
    the draft is kept, after NetworkError the signed payment: `session.unfinished` has them.
    """
    draft = await session.draft(request)
    report(Drafted(draft))
    return await finish_payment(session, UnfinishedPayment(draft), report)


async def finish_payment(
    session: WalletSession, unfinished: UnfinishedPayment, report: Reporter = silently
) -> Sent:
    """Take a payment from where it stopped: the device's yes, then the network's proof."""
    payment = unfinished.payment or await _signed(session, unfinished.draft, report)
    return await session.send(payment, lambda sent: report(Announced(sent)))


async def _signed(session: WalletSession, draft: Draft, report: Reporter) -> SignedPayment:
    report(UnlockAwaited())
    await session.unlock()
    report(ReviewAwaited(draft))
    payment = await session.sign(draft)
    report(Verified(payment))
    return payment


async def verify_address(
    session: WalletSession, address: ReceiveAddress, before: Callable[[], None]
) -> int:
    """Have the device show an address. `before` is called when its person is about to see it.

    Which of the wallet's keys is the device's, from 0.
    """
    await session.unlock()
    before()
    return await session.verify(address)
