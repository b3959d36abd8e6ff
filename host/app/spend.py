"""Pay somebody: the parts of a payment, each whole in itself. host.session.payment has the order.

Until the signature the draft is what is kept; from then on, the signed payment. Each survives a
crash and can be taken up again: `sign` the one, `send` the other.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from host.backends import Backend
from host.devices import SigningDevice
from host.errors import HostError, LinkLost
from host.values import Draft, PaymentRecord, PaymentRequest, Sent, SignedPayment
from host.wallet import Wallet


async def draft(wallet: Wallet, request: PaymentRequest) -> Draft:
    """A payment to be signed, kept on disk. Raises WalletError with the reason why not."""
    return await asyncio.to_thread(
        wallet.draft, request.address, request.sats, request.sats_per_vbyte
    )


async def sign(wallet: Wallet, device: SigningDevice, draft: Draft) -> SignedPayment:
    """The draft signed by the device and verified here.

    After LinkLost the draft is kept (`unfinished`); after DeclinedOnDevice, DeviceError or
    WalletError there is nothing left of it.
    """
    try:
        await device.unlock(wallet.network)
        signed_psbt = await device.sign(wallet.network, draft.psbt)
        return await asyncio.to_thread(wallet.finish, draft, signed_psbt)
    except LinkLost:
        raise  # the draft is as good as before: plug in and go on
    except HostError:
        await asyncio.to_thread(wallet.discard, draft)
        raise


async def send(
    wallet: Wallet,
    backend: Backend,
    payment: SignedPayment,
    observer: Callable[[Sent], None] | None = None,
) -> Sent:
    """Give a signed payment to the network; again, if it did not take it the last time.

    After NetworkError the payment is kept (`unsent`). `observer` hears of every bit of progress.
    """
    sent = await backend.broadcast(payment.raw_tx, observer)
    await asyncio.to_thread(wallet.store.mark_sent, payment.txid)
    return sent


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
    return tuple(
        record
        for record in wallet.store.payments()
        if record.status == "signed" and not wallet.confirmations(record.payment.txid)
    )
