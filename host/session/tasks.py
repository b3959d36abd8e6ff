"""What a face does in the background: one coroutine per task, each ending in a clear sentence.

They change what is drawn through `Host.change`, and never draw. The order of a payment is that of
host.session.payment, for every face.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Protocol

from host import garbage
from host.config import wall_clock
from host.errors import HostError, MoreSignatures, WalletError
from host.fees import FeeChoice
from host.session import wording
from host.session.api import UnfinishedPayment, WalletSession, WalletSnapshot
from host.session.payment import (
    Announced,
    Drafted,
    PaymentStep,
    ReviewAwaited,
    UnlockAwaited,
    Verified,
    chosen_rate,
    finish_payment,
)
from host.session.plots import overview
from host.session.state import AppState, IssuedAddress, PaymentProgress, Stage
from host.values import Draft, PanelView, PaymentRequest, ReceiveAddress

AGE_EVERY_S = 60.0
MOST_COPIED = 70_000  # letters: terminals drop what is longer (OSC 52)


class Host(Protocol):
    """What a task may do to a face."""

    state: AppState

    @property
    def session(self) -> WalletSession: ...

    def change(self, **fields: object) -> None:
        """Draw the present moment with these fields changed."""
        ...

    def device_asks(self, sentence: str) -> None:
        """Lead the eye and the keyboard to the device, or back again for ""."""
        ...

    def panel_changed(self, view: PanelView) -> None: ...

    def wallet_opened(self) -> None: ...


@contextmanager
def reported(host: Host) -> Iterator[None]:
    """A HostError becomes the sentence on the page, and nothing stays marked as under way."""
    try:
        yield
    except HostError as error:
        host.change(problem=str(error))
    finally:
        host.change(busy="")


async def follow_device(host: Host) -> None:
    """Draw what the device's panel shows, when there is one."""
    panel = host.session.panel
    if panel is None:
        return
    try:
        async for view in panel.views():
            host.panel_changed(view)
    except HostError as error:
        # It does not come back: no cable helps, and what it showed last is not shown any more.
        host.change(broken=str(error), view=None, plugged=False)
        host.device_asks("")


async def follow_network(host: Host) -> None:
    """Draw the network; look for our coins again whenever the chain grew."""
    ageing = asyncio.create_task(_watch_age(host))
    try:
        await _follow_news(host)
    finally:
        ageing.cancel()


async def _follow_news(host: Host) -> None:
    with reported(host):
        if host.session.playground is None:
            await _follow_chain(host)
        else:
            async for nodes in host.session.playground.nodes():
                host.change(nodes=nodes)
                wallet = host.state.wallet
                if wallet is not None and host.state.height > wallet.height:
                    await sync(host)


async def _watch_age(host: Host) -> None:
    """The newest block grows older also while nothing happens."""
    while True:
        await asyncio.sleep(AGE_EVERY_S)
        if host.state.wallet is not None and host.state.synced:
            with suppress(HostError):
                host.change(wallet=await host.session.snapshot())


async def _follow_chain(host: Host) -> None:
    async for _ in host.session.follow():
        _look_at(host, await host.session.snapshot())


def _look_at(host: Host, wallet: WalletSnapshot) -> None:
    host.change(wallet=wallet, synced=True, payment=_confirmed(host.state.payment, wallet))


async def open_wallet(host: Host) -> None:
    """The wallet used last, so that the balance is there before the device is unlocked."""
    garbage.set_aside()  # what was imported
    with reported(host):
        if await host.session.open_wallet():
            host.change(wallet=await host.session.glance())
            wallet = await host.session.snapshot()
            host.change(wallet=wallet, payment=await _unfinished(host))
            await sync(host)


async def _unfinished(host: Host) -> PaymentProgress | None:
    unfinished = await host.session.unfinished()
    return None if unfinished is None else PaymentProgress.of(unfinished)


async def pair(host: Host) -> None:
    """The wallet of the device as it is now: its public key is read if we do not know it."""
    host.change(busy=wording.PAIRING, problem="")
    if host.session.link == "qr":
        host.device_asks(wording.ASKS_KEYS)
    with reported(host):
        await host.session.pair()
        wallet = await host.session.snapshot()
        host.change(wallet=wallet, payment=await _unfinished(host), issued=None)
        await sync(host)
        host.wallet_opened()
    host.device_asks("")


async def sync(host: Host) -> None:
    """Bring the wallet to the best chain."""
    with reported(host):
        host.change(synced=False)
        _look_at(host, await host.session.sync())


def _confirmed(payment: PaymentProgress | None, wallet: WalletSnapshot) -> PaymentProgress | None:
    if payment is None or payment.stage is not Stage.SPREAD or payment.sent is None:
        return payment
    txid = payment.sent.txid
    rows = (entry.row for entry in wallet.history)
    height = next((row.height for row in rows if row.txid == txid), None)
    return payment if height is None else replace(payment, stage=Stage.CONFIRMED, height=height)


async def look_over(host: Host) -> None:
    """The plots of the present moment. A long history takes a while: not in the loop."""
    wallet, waiting = host.state.wallet, None
    if wallet is None:
        return
    if host.state.overview is None:  # a server may take its time
        host.change(overview=await asyncio.to_thread(overview, wallet, wall_clock(), None))
    with suppress(HostError):  # the page says nothing of it then
        waiting = await host.session.waiting_fees()
    host.change(overview=await asyncio.to_thread(overview, wallet, wall_clock(), waiting))


async def fund(host: Host) -> None:
    """Coins from the playground's faucet, on a fresh address."""
    playground = host.session.playground
    if playground is None:
        return
    host.change(busy=wording.FUNDING, problem="")
    with reported(host):
        address = await host.session.next_address()
        await playground.fund(address.address)
        await sync(host)


async def mine(host: Host) -> None:
    """One block on the playground."""
    with reported(host):
        if host.session.playground is not None:
            await host.session.playground.mine()


async def toggle_node(host: Host, index: int) -> None:
    """Stop a node that runs, start one that does not."""
    playground = host.session.playground
    with reported(host):
        if playground is not None and host.state.nodes[index].alive:
            await playground.kill(index)
        elif playground is not None:
            await playground.revive(index)


async def move_cable(host: Host) -> None:
    """Pull the cable, or plug it in. A device whose panel cannot be seen is paired at once."""
    if host.state.broken:
        return
    host.change(problem="")
    with reported(host):
        await (host.session.unplug() if host.session.plugged else host.session.plug())
    plugged = host.session.plugged
    host.change(plugged=plugged)
    stopped = host.state.payment is not None and host.state.payment.problem
    if plugged and stopped:
        _change_payment(host, problem=wording.PLUGGED_AGAIN)
    if plugged and host.state.wallet is None and host.session.panel is None:
        await pair(host)


async def issue_address(host: Host) -> None:
    """The address on the page as long as nobody paid to it, else the one to be shown next."""
    with reported(host):
        issued = host.state.issued
        if issued is None or issued.alarm or await host.session.is_used(issued.receive):
            receive = await host.session.last_address() or await host.session.next_address()
            host.change(issued=_issued(host, receive))


async def issue_another(host: Host) -> None:
    """An address nobody was given yet."""
    with reported(host):
        host.change(issued=_issued(host, await host.session.next_address()), problem="")


def _issued(host: Host, receive: ReceiveAddress) -> IssuedAddress:
    signers = host.state.wallet.signers if host.state.wallet else ()
    return IssuedAddress(receive, signers=signers if len(signers) > 1 else ())


async def draft_payment(host: Host, request: PaymentRequest, fee: FeeChoice | None = None) -> None:
    """Write a payment down, so that its person sees what it costs. `fee` is in its rate's place."""
    host.change(busy=wording.WRITING, problem="")
    with reported(host):
        advice = None
        if fee is not None:
            rate, advice = await chosen_rate(host.session, fee)
            request = replace(request, sats_per_vbyte=rate, fee_sats=fee.fee_sats)
        draft = await host.session.draft(request)
        signatures = await host.session.signatures(draft)
        payment = PaymentProgress(draft, signatures=signatures, advice=advice)
        host.change(payment=payment, chosen=())


async def freeze(host: Host, outpoint: str, frozen: bool) -> None:
    """Keep a coin out of all payments, or let it be spent again."""
    with reported(host):
        await host.session.freeze(outpoint, frozen)
        chosen = tuple(name for name in host.state.chosen if name != outpoint)
        host.change(wallet=await host.session.snapshot(), chosen=chosen)


async def discard(host: Host, draft: Draft) -> None:
    """Forget a payment that was not signed, or give one up that others may have."""
    with reported(host):
        await host.session.discard(draft)


async def resume_payment(host: Host) -> None:
    """Take the payment on the page from where it stopped."""
    payment = host.state.payment
    if payment is None:
        return
    try:
        if payment.signed is None:
            draft = await host.session.renew(payment.draft)
            payment = replace(payment, draft=draft, stage=Stage.ASKED)
        host.change(payment=replace(payment, problem="", copied=False, working=True))
        await _finish(host, payment.unfinished)
    except MoreSignatures:
        signatures = await host.session.signatures(payment.draft)
        _change_payment(host, stage=Stage.WRITTEN, signatures=signatures)
    except HostError as error:
        _change_payment(host, problem=str(error))
    except asyncio.CancelledError:
        _change_payment(host, problem=wording.STOPPED_WAITING)
        raise
    finally:
        host.change(busy="", plugged=host.session.plugged)
        _change_payment(host, working=False)
        host.device_asks("")


async def _finish(host: Host, unfinished: UnfinishedPayment) -> None:
    if unfinished.payment is not None:
        host.change(busy=wording.SENDING)
    sent = await finish_payment(host.session, unfinished, lambda step: _show_step(host, step))
    host.change(wallet=await host.session.snapshot())
    _change_payment(host, stage=Stage.SPREAD, sent=sent)


async def copy_payment(host: Host) -> str:
    """The unsigned payment on the page as a text for a signer, or "" with the reason there."""
    payment = host.state.payment
    if payment is None or payment.txid or payment.working:
        return ""
    try:
        # One that a device refused is forgotten: what is copied is written down again, so that the
        # answer to it is known.
        draft = await host.session.renew(payment.draft)
        text = b64encode(await host.session.hand_on(draft)).decode()
        if len(text) > MOST_COPIED:
            raise WalletError(wording.TOO_LONG_TO_COPY)
    except HostError as error:
        _change_payment(host, problem=str(error))
        return ""
    signatures = await host.session.signatures(draft)
    fields = {"draft": draft, "signatures": signatures, "copied": True}
    _change_payment(host, stage=Stage.WRITTEN, problem="", **fields)
    return text


def _show_step(host: Host, step: PaymentStep) -> None:
    match step:
        case Drafted(draft):
            _change_payment(host, draft=draft)
        case UnlockAwaited():
            ask_for_pin(host)
        case ReviewAwaited():
            host.device_asks(wording.ASKS_PAYMENT)
        case Verified(payment):
            _change_payment(host, stage=Stage.SIGNED, signed=payment)
            host.device_asks("")
            host.change(busy=wording.SENDING)
        case Announced(sent):
            _change_payment(host, sent=sent)


def ask_for_pin(host: Host) -> None:
    """A device without a panel here, or one that is locked, wants its person's eye.

    Raises WalletError for one without a seed: it would wait for a seed and say nothing.
    """
    view = host.state.view
    if view is not None and view.state == "empty":
        raise WalletError(wording.NO_SEED)
    if view is not None and view.state == "locked":
        host.device_asks(wording.ASKS_PIN)
    elif host.session.panel is None:
        host.device_asks(wording.MAY_ASK_PIN)


async def choose_lie(host: Host, name: str) -> None:
    """Show what the wallet says while it tells this lie."""
    attacks, board = host.session.attacks, host.state.attack
    if attacks is None or board is None:
        return
    lie = next(lie for lie in board.lies if lie.name == name)
    host.change(problem="", busy=wording.WRITING)
    with reported(host):
        host.change(attack=replace(board, current=lie, draft=await attacks.draft()))


async def tell_lie(host: Host) -> None:
    """Tell the device the lie that was chosen, and see who finds out."""
    attacks, board = host.session.attacks, host.state.attack
    if attacks is None or board is None or board.current is None or board.draft is None:
        return
    host.change(problem="")
    host.device_asks(wording.ASKS_PAYMENT)
    with reported(host):
        outcome = await attacks.tell(board.current.name, board.draft)
        host.change(attack=board.ended(outcome))
    host.change(plugged=host.session.plugged)
    host.device_asks("")


def _change_payment(host: Host, **fields: object) -> None:
    if host.state.payment is not None:
        host.change(payment=replace(host.state.payment, **fields))  # type: ignore[arg-type]
