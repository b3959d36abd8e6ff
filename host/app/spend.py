"""Pay somebody: the parts of a payment, each whole in itself. host.session.payment has the order.

Until the signature the draft is what is kept; from then on, the signed payment. Each survives a
crash and can be taken up again: `sign` the one, `send` the other.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import TypeVarTuple, Unpack

from host.app import cosigner, payee_names
from host.app.history import latest
from host.backends import Backend
from host.config import grouped
from host.devices import SigningDevice
from host.errors import (
    BadInput,
    DeviceError,
    HostError,
    LinkLost,
    MoreSignatures,
    NetworkError,
    PeersUnreachable,
    WalletError,
)
from host.fees import FeeAdvice
from host.payees.addresses import is_silent
from host.values import (
    DEFAULT_RATE,
    Draft,
    PaymentRecord,
    PaymentRequest,
    Propagation,
    Sent,
    SignedPayment,
)
from host.wallet import Wallet
from host.wallet.payment_request import FIRST_TIME

NOT_SILENT = (
    "Few devices can pay a silent payment address (BIP375). If this one cannot, ask for an ordinary"
    " address."
)
MOST_ESTIMATED = 500.0  # sat/vB; above it a server's word alone is not enough
Ts = TypeVarTuple("Ts")
LATEST = 50  # payments that are looked at for what they paid


async def draft(wallet: Wallet, request: PaymentRequest) -> Draft:
    """A payment to be signed, kept on disk. Raises WalletError with the reason why not."""
    return await keep_draft(wallet, wallet.draft_request, request)


async def keep_draft(wallet: Wallet, make: Callable[[Unpack[Ts]], Draft], *args: *Ts) -> Draft:
    """A draft that the wallet makes and keeps, beside the loop. Raises WalletError as `make` does.

    A thread cannot be stopped: who is cancelled meanwhile waits for it, and what it made is
    discarded, so that nobody finds a payment later that its person stopped.
    """
    making = asyncio.ensure_future(asyncio.to_thread(make, *args))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        with suppress(HostError):
            await asyncio.to_thread(wallet.discard, await making)
        raise


async def check_rate(backend: Backend, sats_per_vbyte: float) -> None:
    """Before the device is troubled: would peers pass it on? Raises WalletError."""
    floor = await backend.fee_floor()
    if sats_per_vbyte < floor:
        raise WalletError(
            f"The peers pass on payments from {floor:g} sat/vB on, and this is"
            f" {sats_per_vbyte:g} sat/vB. Nothing was made. Choose a higher rate."
        )


async def advise_fee(wallet: Wallet, backend: Backend, blocks: int) -> FeeAdvice:
    """The rate that the backend's server estimates for so many blocks, if that can be.

    Without an estimate, the least that it passes on. Raises BadInput where nobody estimates, and
    for a rate that its person should say; NetworkError.
    """
    estimate, floor = await backend.fee_estimate(blocks), await backend.fee_floor()
    minimum = max(floor, DEFAULT_RATE)
    if estimate is None:
        paid = await asyncio.to_thread(_paid_lately, wallet)
        raise BadInput(_NO_ESTIMATE.format(f"{floor:g} sat/vB" if floor else "a rate") + paid)
    rate, claim = estimate.sats_per_vbyte, f"{estimate.source} estimates"
    if rate is None:
        sentence = (
            f"{estimate.source} has no estimate now. {minimum:g} sat/vB is the least that is passed"
            " on. It may wait long, and its fee can be raised then."
        )
        return FeeAdvice(minimum, estimate, sentence)
    if rate > MOST_ESTIMATED:
        raise BadInput(
            f"{claim} {rate:g} sat/vB for {_blocks(blocks)}, which is far more than usual. No"
            " payment was created. Look elsewhere what others pay, and say a rate yourself."
        )
    sentence = f"{claim} {rate:g} sat/vB for {_blocks(blocks)}. Nobody promises it."
    if rate < minimum:
        sentence += f" {minimum:g} sat/vB is the least that is passed on, and is taken."
    return FeeAdvice(max(rate, minimum), estimate, sentence)


_NO_ESTIMATE = (
    "Nodes estimate no fees, and nothing is guessed here. No payment was created. Say a rate: they"
    " pass payments on from {} on."
)


def _paid_lately(wallet: Wallet) -> str:
    """What the latest payment of this wallet that a block has paid, in a sentence, or ""."""
    for entry in latest(wallet, LATEST):
        if entry.record and entry.row.height is not None and entry.row.fee_sats:
            rate = entry.row.fee_sats / entry.vbytes
            return f" Your payment in block {grouped(entry.row.height)} paid {rate:.1f} sat/vB."
    return ""


def _blocks(count: int) -> str:
    return "1 block" if count == 1 else f"{count} blocks"


async def sign(wallet: Wallet, device: SigningDevice, draft: Draft) -> SignedPayment:
    """The draft signed by the device and verified here.

    After LinkLost the draft is kept (`unfinished`), and after MoreSignatures with the device's;
    after DeclinedOnDevice, DeviceError or WalletError there is nothing left of it. A payment of
    several keys is kept: another device may sign it.
    """
    try:
        await device.unlock(wallet.network)
        await cosigner.check_turn(wallet, device, draft)
        collected = await asyncio.to_thread(wallet.collected, draft)
        signed_psbt = await device.sign(wallet.network, collected)
        return await take_signed(wallet, draft, signed_psbt)
    except (LinkLost, MoreSignatures):
        raise  # the draft is as good as before: go on
    except HostError as error:
        if wallet.is_policy:
            raise
        await asyncio.to_thread(wallet.discard, draft)
        if type(error) is DeviceError and any(map(is_silent, draft.recipient.split())):
            raise DeviceError(f"{error} {NOT_SILENT}") from error
        raise


async def take_signed(wallet: Wallet, draft: Draft, signed_psbt: bytes) -> SignedPayment:
    """What a signer made of the draft, checked and kept. Raises WalletError, MoreSignatures."""
    payment = await asyncio.to_thread(wallet.finish, draft, signed_psbt)
    await asyncio.to_thread(payee_names.remember, wallet, draft)
    return payment


async def send(
    wallet: Wallet,
    backend: Backend,
    payment: SignedPayment,
    observer: Callable[[Sent], None] | None = None,
) -> Sent:
    """Give a signed payment to the network; again, if it did not take it the last time.

    After NetworkError the payment is kept (`unsent`) and its reason with it. `observer` hears of
    every bit of progress.
    """
    try:
        _check_due(wallet, payment)
        sent = await backend.broadcast(payment.raw_tx, observer)
    except PeersUnreachable:
        raise  # nobody said anything of it
    except NetworkError as error:
        await asyncio.to_thread(wallet.store.mark_refused, payment.txid, str(error))
        raise
    await asyncio.to_thread(wallet.store.mark_sent, payment.txid, *_seen(sent))
    return sent


def _seen(sent: Sent) -> tuple[int, int]:
    """How many peers had it, of how many."""
    proof = sent.proof
    return (len(proof.echoed), proof.peers_total) if isinstance(proof, Propagation) else (1, 1)


async def send_waiting(wallet: Wallet, backend: Backend) -> None:
    """Send what was signed and never shown: nothing new is built beside it.

    Raises NetworkError when the network still does not take it.
    """
    for record in await asyncio.to_thread(unsent, wallet):
        if wallet.waits_until(record.payment):
            continue
        try:
            await send(wallet, backend, record.payment)
        except NetworkError as error:
            raise NetworkError(
                f"An earlier payment of {grouped(record.sats)} sats to {record.recipient} is signed"
                f" and not sent ({record.payment.txid}). {error} Send it again with --continue,"
                " raise its fee, or give it up; then pay."
            ) from error


def _check_due(wallet: Wallet, payment: SignedPayment) -> None:
    lock_time = wallet.waits_until(payment)
    if lock_time:
        moment = (
            f"block {grouped(lock_time)}"
            if lock_time < FIRST_TIME
            else f"{datetime.fromtimestamp(lock_time, UTC):%Y-%m-%d %H:%M} UTC"
        )
        raise NetworkError(
            f"The payment is signed and kept. No block takes it before {moment}: send it then with"
            " --continue. Its coins count as spent until then."
        )


async def send_again(wallet: Wallet, backend: Backend) -> None:
    """What peers have shown and no block has taken, once more: mempools forget."""
    for record in await asyncio.to_thread(wallet.waiting):
        if record.status == "sent":
            with suppress(NetworkError):  # its reason is kept, and the history shows it
                await send(wallet, backend, record.payment)


async def wait_confirmed(
    wallet: Wallet, backend: Backend, txid: str, confirmations: int = 1
) -> int:
    """Follow the chain until `txid` is that deep; how deep it is then. Raises NetworkError."""
    async with aclosing(backend.follow(wallet)) as heights:
        async for _ in heights:
            depth = await asyncio.to_thread(wallet.confirmations, txid)
            if depth >= confirmations:
                return depth
    return 0


def unfinished(wallet: Wallet) -> Draft | None:
    """The payment that a crash or a pulled cable left unsigned. `sign` it, or wallet.discard."""
    return wallet.store.draft()


def unsent(wallet: Wallet) -> tuple[PaymentRecord, ...]:
    """Signed payments that the network has not shown yet. `send` them again."""
    return tuple(record for record in wallet.waiting() if record.status == "signed")
