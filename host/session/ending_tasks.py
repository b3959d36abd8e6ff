"""What a face does about a payment on its way: a higher fee, calling it off, giving it up.

As host.session.tasks: one coroutine per task, each ending in a clear sentence.
"""

from host.errors import MoreSignatures, WalletError
from host.fees import FeeChoice
from host.session import wording
from host.session.api import UnfinishedPayment
from host.session.endings import WayOut
from host.session.payment import chosen_rate
from host.session.state import PaymentProgress, Stage
from host.session.tasks import Host, reported
from host.values import PaymentRecord, PaymentRequest


async def draft_replacement(host: Host, way_out: WayOut, txid: str, fee: FeeChoice) -> bool:
    """What takes the place of a payment (BUMP, CALL_OFF), or lifts it (LIFT), at that fee.

    Whether it is there to be looked at.
    """
    host.change(busy=wording.WRITING, problem="")
    with reported(host):
        _check_free(host)
        session = host.session
        rate, advice = await chosen_rate(session, fee)
        match way_out:
            case WayOut.LIFT:
                replacement = await session.draft(PaymentRequest((), rate, child_of=txid))
            case WayOut.BUMP:
                replacement = await session.bump(txid, rate)
            case _:
                replacement = await session.call_off(txid, rate)
        signatures = await session.signatures(replacement)
        progress = PaymentProgress(replacement, signatures=signatures, advice=advice)
        host.change(payment=progress)
        return True
    return False


def take_up(host: Host, record: PaymentRecord) -> bool:
    """Have a signed payment on the payment's page, to be sent again. Whether it is there."""
    host.change(problem="")
    with reported(host):
        _check_free(host)
        host.change(payment=PaymentProgress.of(UnfinishedPayment.of(record)))
        return True
    return False


async def take_psbt(host: Host, text: str) -> bool:
    """Have the payment that a pasted PSBT is about on its page. Whether it is there."""
    host.change(busy=wording.READING, problem="")
    with reported(host):
        if host.state.payment is not None and host.state.payment.working:
            raise WalletError(wording.UNDER_WAY)
        try:
            unfinished = await host.session.take_psbt(text)
        except MoreSignatures:
            kept = await host.session.unfinished()
            host.change(payment=kept and PaymentProgress.of(kept))
            return kept is not None
        host.change(payment=PaymentProgress.of(unfinished))
        return True
    return False


async def give_up(host: Host, txid: str) -> None:
    """Send a payment no more, and have its coins back."""
    host.change(problem="")
    with reported(host):
        payment = host.state.payment
        if payment is not None and payment.working:
            raise WalletError(wording.UNDER_WAY)
        await host.session.give_up(txid)
        if payment is not None and payment.signed is not None and payment.signed.txid == txid:
            host.change(payment=None)
        host.change(wallet=await host.session.snapshot())


async def end_payment(host: Host) -> None:
    """Give up the payment on its page, which others may have."""
    payment = host.state.payment
    if payment is None or payment.working or not payment.is_kept:
        return
    with reported(host):
        await host.session.discard(payment.draft)
        host.change(payment=None, wallet=await host.session.snapshot())


def _check_free(host: Host) -> None:
    """Raises WalletError while another payment is asked about, or written down."""
    payment = host.state.payment
    if payment is not None and (payment.working or payment.stage in {Stage.WRITTEN, Stage.ASKED}):
        raise WalletError(wording.UNDER_WAY)
