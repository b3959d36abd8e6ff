"""`quietkey wallet ...`: each task calls one use case of host.app and prints what came of it."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, replace
from typing import Any

from host import backends
from host.app import spend
from host.app.connect import connect
from host.app.pair import pair
from host.backends import Backend, Surroundings
from host.cli import (
    backup,
    exchange,
    facts,
    history,
    messages,
    paying,
    people,
    plots,
    psbt_verbs,
    receiving,
    sending,
    signers,
)
from host.cli.options import LOOKING, need_server, remember, resolve
from host.config import grouped
from host.devices import SigningDevice
from host.errors import BadInput, HostError, MoreSignatures, WalletError
from host.servers.dns import NameResolver
from host.session.api import UnfinishedPayment
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.payment import (
    Announced,
    Drafted,
    PaymentStep,
    Verified,
    finish_payment,
    pay,
)
from host.session.wording import liars_sentence, stale_warning
from host.store import Search
from host.values import Draft, PaymentRequest, Sent
from host.wallet import NO_WALLET
from host.wallet.folder_lock import FolderLock

REAL_COINS = "This wallet is for real bitcoin: what it pays is gone. Begin with a small amount."
_GIVEN_UP = "The payment is given up. The next one spends a coin of it: only one can be confirmed."
UNCOUNTED = (
    "This wallet has not looked at the whole chain yet, so it may have more than this. Look first,"
    " with quietkey wallet sync."
)


def run(args: argparse.Namespace) -> int:
    """Do what was typed. Raises HostError, whose text is for the person."""
    if args.task in {"backup", "restore"}:
        return backup.run(args)
    resolve(args)
    try:
        asyncio.run(TASKS[args.task](args))
    except MoreSignatures as partly:
        signers.tell(args, partly)
    return 0


async def _pair(args: argparse.Namespace) -> None:
    if args.network == "mainnet":
        _say(REAL_COINS)
    device = await _connected(args)
    try:
        _say("The device may ask you to unlock it.")
        lock = await asyncio.to_thread(FolderLock.acquire, args.folder)
        with closing(lock):
            search = Search(args.gap, args.birthday)
            wallet = await pair(
                device, args.folder, args.network, args.script, account=args.account, search=search
            )
            wallet.close()
        remember(args)
    finally:
        await device.close()
    pairing = wallet.pairing
    _tell(args, asdict(pairing), f"Paired with the device {pairing.fingerprint}.")


async def _balance(args: argparse.Namespace) -> None:
    async with _session(args) as session:
        await _look(args, session)
        snapshot = await session.glance()
        if not session.wallet.search.complete:
            _say(UNCOUNTED)
    balance = snapshot.balance
    data = {**asdict(balance), **facts.tip(snapshot)}
    _tell(
        args,
        data,
        f"{grouped(balance.spendable_sats)} sats, and {grouped(balance.pending_sats)} waiting."
        f" Height {facts.height(snapshot)}.",
    )


async def _pay(args: argparse.Namespace) -> None:
    continues = args.resume or args.discard or args.signed
    if args.psbt_out and (args.discard or args.signed):
        raise BadInput("--psbt-out writes a payment down, and the other flag ends it. Choose one.")
    if not continues:
        await people.put_addresses(args)
    request, notes = (None, ()) if continues else paying.request(args)
    for note in notes:
        _say(note)
    async with _session(args) as session:
        if args.discard:
            await _discard(session)
            return
        estimate: facts.Data = {}
        if request and args.target:
            rate, estimate = await paying.rate(args, session)
            request = replace(request, sats_per_vbyte=rate)
        if args.psbt_out:
            await _write_down(args, session, request)
            return
        need_server(args)
        if args.signed:
            sent = await _send_signed(session, args.signed)
        elif request is None:
            sent = await _resume(session)
        else:
            sent = await _new_payment(session, request)
    data = {"txid": sent.txid, **asdict(sent.proof), **estimate}
    _tell(args, data, facts.sent_sentence(sent))


async def _new_payment(session: LocalSession, request: PaymentRequest) -> Sent:
    entries = (await session.sync()).history
    request = await session.look_up(request)  # a name that means nothing troubles no device
    paying.warn_of_look_alikes(request, entries, await session.records.contacts())
    await session.plug()
    await session.unlock()  # another device is found out before there is a draft
    return await pay(session, request, _say_step)


async def _resume(session: LocalSession) -> Sent:
    unfinished = await session.unfinished()
    if unfinished is None:
        raise HostError("There is no payment that was cut short.")
    if unfinished.payment is None:
        _say(Drafted(unfinished.draft).sentence)
        await session.plug()
    return await finish_payment(session, unfinished, _say_step)


async def _write_down(
    args: argparse.Namespace, session: LocalSession, request: PaymentRequest | None
) -> None:
    """The payment for another signer. It is kept, so that its signed form is known again."""
    await _look(args, session)
    draft = await session.draft(request) if request else signers.kept(session)
    _say(Drafted(draft).sentence)
    _say(signers.write_down(args, session, draft))


async def _send_signed(session: LocalSession, file: str) -> Sent:
    unfinished = await session.unfinished()
    if unfinished is None or unfinished.payment is not None:
        raise HostError("There is no unsigned payment. Nothing was sent. Make one with --psbt-out.")
    signed = psbt_verbs.read_signed(file)
    await session.sync()
    payment = await session.take_signed(unfinished.draft, signed)
    _say_step(Verified(payment))
    return await session.send(payment, lambda sent: _say_step(Announced(sent)))


async def _bump(args: argparse.Namespace) -> None:
    await _replace(args, lambda session, rate: session.bump(args.txid, rate))


async def _call_off(args: argparse.Namespace) -> None:
    await _replace(args, lambda session, rate: session.call_off(args.txid, rate))


async def _cpfp(args: argparse.Namespace) -> None:
    def child(session: LocalSession, rate: float) -> Awaitable[Draft]:
        request = PaymentRequest((), rate, child_of=args.txid, path=args.path or 0)
        return session.draft(request)

    await _replace(args, child)


async def _replace(
    args: argparse.Namespace, draft: Callable[[LocalSession, float], Awaitable[Draft]]
) -> None:
    """Have a payment signed and sent that is about another one on its way."""
    need_server(args)
    async with _session(args) as session:
        await session.sync()
        args.txid = await history.whole_txid(session, args.txid)
        rate, estimate = await paying.rate(args, session)
        await session.plug()
        await session.unlock()
        replacement = await draft(session, rate)
        _say(Drafted(replacement).sentence)
        sent = await finish_payment(session, UnfinishedPayment(replacement), _say_step)
    data = {"txid": sent.txid, **asdict(sent.proof), **estimate}
    _tell(args, data, facts.sent_sentence(sent))


async def _give_up(args: argparse.Namespace) -> None:
    async with _session(args) as session:
        await session.give_up(await history.whole_txid(session, args.txid))
    _say(_GIVEN_UP)


async def _broadcast(args: argparse.Namespace) -> None:
    need_server(args)
    async with _session(args) as session:
        sent = await sending.broadcast(args, session)
    _tell(args, {"txid": sent.txid, **asdict(sent.proof)}, facts.sent_sentence(sent))


async def _discard(session: LocalSession) -> None:
    draft = spend.unfinished(session.wallet)
    if draft is None:
        raise HostError("There is no unsigned payment.")
    await session.discard(draft)
    _say(_GIVEN_UP if draft.collected else "The unsigned payment is forgotten.")


async def _coins(args: argparse.Namespace) -> None:
    async with _session(args) as session:
        await _look(args, session)
        for coin in session.wallet.utxos():
            block = "waiting" if coin.height is None else f"block {coin.height}"
            mark = "  frozen" if coin.frozen else ""
            text = f"{coin.outpoint}  {grouped(coin.sats):>16} sats  {block}{mark}"
            _tell(args, asdict(coin), text)


async def _freeze(args: argparse.Namespace) -> None:
    async with _session(args) as session:
        await session.freeze(args.coin, frozen=True)
    _say("The coin is frozen: no payment takes it.")


async def _unfreeze(args: argparse.Namespace) -> None:
    async with _session(args) as session:
        await session.freeze(args.coin, frozen=False)
    _say("The coin can be spent again.")


async def _register(args: argparse.Namespace) -> None:
    async with _session(args) as session:
        fingerprint = await signers.register(args, session, _say)
    _tell(args, {"fingerprint": fingerprint}, f"The device {fingerprint} knows the wallet.")


async def _sync(args: argparse.Namespace) -> None:
    need_server(args)
    async with _session(args) as session:
        _say(backends.kind_of(args.server).learns)
        await _look(args, session)
        snapshot = await session.glance()
        _tell(args, facts.tip(snapshot), f"Up to date at height {facts.height(snapshot)}.")


async def _rescan(args: argparse.Namespace) -> None:
    need_server(args)
    async with _session(args) as session:
        await asyncio.to_thread(session.wallet.search_again, args.gap)
        await _look(args, session)
        balance = (await session.glance()).balance
        total = balance.spendable_sats + balance.pending_sats
        _tell(args, asdict(balance), f"Looked at every block again: {grouped(total)} sats.")


async def _look(args: argparse.Namespace, session: LocalSession) -> None:
    """Bring the wallet up to date, when there is somebody to ask."""
    if not args.server:
        return
    view = (await session.sync()).network
    for warning in (liars_sentence(view), stale_warning(view, args.network)):
        if warning:
            _say(warning)


@asynccontextmanager
async def _session(args: argparse.Namespace) -> AsyncIterator[LocalSession]:
    """The wallet in its folder. The device is connected when `plug` is called, and not before."""
    folder = WalletFolder(args.folder, args.network, args.script, args.account, args.wallet)
    backend = _backend(args)
    session = LocalSession(
        folder,
        Cable(lambda: _connected(args)),
        backend,
        _link(args),
        exclusive=args.task not in LOOKING or backend is not None,
        resolver=NameResolver(args.dns, args.proxy),
    )
    try:
        if not await session.open_wallet():
            raise WalletError(NO_WALLET)
        yield session
    finally:
        await session.close()


def _backend(args: argparse.Namespace) -> Backend | None:
    if not args.server:
        return None
    folder = args.folder / "headers"
    certificates = args.home.root / "certificates.json"
    surroundings = Surroundings(args.network, folder, certificates, args.proxy, _progress)
    return backends.open_url(args.server, surroundings)


def _progress(sentence: str) -> None:
    if sentence:
        _say(sentence)


def _link(args: argparse.Namespace) -> str:
    return str(args.device or "").partition(":")[0]


async def _connected(args: argparse.Namespace) -> SigningDevice:
    if not args.device:
        raise BadInput("Say where the device is, for example --device tcp:127.0.0.1:30121.")
    return await connect(args.device)


def _tell(args: argparse.Namespace, data: facts.Data, text: str) -> None:
    """Data for whoever reads stdout: a person or, with --json, a program."""
    sys.stdout.write((json.dumps(data) if args.json else text) + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _say_step(step: PaymentStep) -> None:
    _say(step.sentence)


TASKS: dict[str, Callable[[argparse.Namespace], Coroutine[Any, Any, None]]] = {
    "pair": _pair,
    "balance": _balance,
    **{
        task: lambda args: receiving.run(args, _session, _look)
        for task in ("receive", "verify", "addresses", "find")
    },
    "pay": _pay,
    "coins": _coins,
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "history": lambda args: history.run(args, _session, _look),
    "plot": lambda args: plots.run(args, _session, _look),
    "paths": lambda args: signers.paths(args, _session, _look),
    "register": _register,
    "sync": _sync,
    "rescan": _rescan,
    "bump": _bump,
    "call-off": _call_off,
    "cpfp": _cpfp,
    "give-up": _give_up,
    "broadcast": _broadcast,
    "sweep": lambda args: sending.sweep(args, _session),
    "export": exchange.export,
    "import": exchange.import_wallet,
    "import-labels": exchange.import_labels,
    "label": exchange.label,
    **{
        task: lambda args: people.run(args, _session)
        for task in ("contacts", "contact", "forget-contact")
    },
    "message": lambda args: messages.run(args, _session),
}
