"""Pay somebody: draft, signature, verification, network. Nothing is half-done if it stops midway.

Until the signature the draft is what is kept; from then on, the signed payment. Each survives a
crash and can be taken up again: `carry_on` the one, `send` the other.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from host.backends import Backend, Propagation
from host.config import grouped
from host.devices import Device
from host.errors import HostError, LinkLost
from host.store import PaymentRecord
from host.wallet import Draft, Payment, Wallet


@dataclass(frozen=True, slots=True)
class Wish:
    """Who gets how much, at what price."""

    address: str
    sats: int
    sats_per_vbyte: float


@dataclass(frozen=True, slots=True)
class Drafted:
    """The payment is made up, and nobody has signed it."""

    draft: Draft

    @property
    def sentence(self) -> str:
        draft = self.draft
        return (
            f"Pay {grouped(draft.sats)} sats to {draft.recipient},"
            f" fee {grouped(draft.fee_sats)} sats ({draft.sats_per_vbyte:g} sat/vB)."
        )


@dataclass(frozen=True, slots=True)
class DeviceAsks:
    """The device waits for its person, who should look there."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The signed payment would be taken by the network. From here on its coins are spent."""

    payment: Payment

    @property
    def sentence(self) -> str:
        return f"Signed and verified: {self.payment.txid}."


@dataclass(frozen=True, slots=True)
class Spreading:
    """One more peer told of the payment, or told us of it."""

    propagation: Propagation

    @property
    def sentence(self) -> str:
        seen = self.propagation
        return (
            f"Announced to {len(seen.announced)} of {seen.peers_total} peers,"
            f" told back by {len(seen.echoed)}."
        )


Step = Drafted | DeviceAsks | Verified | Spreading
Say = Callable[[Step], None]


def silently(_: Step) -> None:
    """Say nothing."""


async def spend(
    wallet: Wallet, device: Device, backend: Backend, wish: Wish, say: Say = silently
) -> Propagation:
    """The whole way from a wish to a payment seen on the network. Any HostError may end it.

    After Declined, DeviceError or WalletError there is nothing left of it. After LinkLost the
    draft is kept (`unfinished`), after NetworkError the signed payment (`unsent`).
    """
    draft = await asyncio.to_thread(wallet.draft, wish.address, wish.sats, wish.sats_per_vbyte)
    say(Drafted(draft))
    return await carry_on(wallet, device, backend, draft, say)


async def carry_on(
    wallet: Wallet, device: Device, backend: Backend, draft: Draft, say: Say = silently
) -> Propagation:
    """Take up a draft again: have it signed and send it."""
    payment = await sign(wallet, device, draft, say)
    return await send(wallet, backend, payment, say)


async def sign(wallet: Wallet, device: Device, draft: Draft, say: Say = silently) -> Payment:
    """The draft signed by the device and verified here. The draft is gone, unless the link was."""
    try:
        say(DeviceAsks("The device may ask you to unlock it."))
        await device.unlock(wallet.network)
        say(DeviceAsks(f"The device asks you to check the payment: {' '.join(draft.words)}."))
        signed = await device.sign(wallet.network, draft.psbt)
        payment = await asyncio.to_thread(wallet.finish, draft, signed)
    except LinkLost:
        raise  # the draft is as good as before: plug in and carry on
    except HostError:
        await asyncio.to_thread(wallet.discard, draft)
        raise
    say(Verified(payment))
    return payment


async def send(
    wallet: Wallet, backend: Backend, payment: Payment, say: Say = silently
) -> Propagation:
    """Give a signed payment to the network; again, if it did not take it the last time."""
    seen = await backend.broadcast(payment.raw_tx, lambda so_far: say(Spreading(so_far)))
    await asyncio.to_thread(wallet.store.mark_sent, payment.txid)
    return seen


async def wait_confirmed(
    wallet: Wallet, backend: Backend, txid: str, confirmations: int = 1
) -> int:
    """Follow the chain until `txid` is that deep; how deep it is then. Raises NetworkError."""
    async with aclosing(backend.follow(wallet)) as heights:
        async for _ in heights:
            deep = await asyncio.to_thread(wallet.confirmations, txid)
            if deep >= confirmations:
                return deep
    return 0


def unfinished(wallet: Wallet) -> Draft | None:
    """The payment that a crash or a pulled cable left unsigned. `carry_on`, or wallet.discard."""
    return wallet.store.draft()


def unsent(wallet: Wallet) -> tuple[PaymentRecord, ...]:
    """Signed payments that the network has not shown yet. `send` them again."""
    return tuple(
        record
        for record in wallet.store.payments()
        if record.status == "signed" and not wallet.confirmations(record.payment.txid)
    )
