"""`quietkey wallet ...`: each task calls one use case of host.app and prints what came of it."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from host.app import spend
from host.app.connect import connect
from host.app.history import history
from host.app.pair import pair, recognise
from host.app.receive import receive
from host.app.verify_address import verify_address
from host.backends import Propagation
from host.backends.p2p import P2pBackend
from host.config import Home, grouped
from host.devices import Device
from host.errors import HostError
from host.wallet import Receive, Wallet

Data = Mapping[str, Any]


def run(args: argparse.Namespace) -> int:
    """Do what was typed. Raises HostError, whose text is for the person."""
    asyncio.run(TASKS[args.task](args))
    return 0


async def _pair(args: argparse.Namespace) -> None:
    async with _device(args) as device:
        _say("The device may ask you to unlock it.")
        wallet = await pair(device, _folder(args), args.network, args.script)
        pairing = wallet.pairing
        wallet.close()
    _tell(args, asdict(pairing), f"Paired with the device {pairing.fingerprint}.")


async def _balance(args: argparse.Namespace) -> None:
    async with _wallet(args) as wallet:
        await _look(args, wallet)
        data = {**asdict(wallet.balance()), "height": wallet.tip_height}
    _tell(
        args,
        data,
        f"{grouped(data['confirmed_sats'])} sats, and {grouped(data['pending_sats'])} waiting."
        f" Height {grouped(data['height'])}.",
    )


async def _receive(args: argparse.Namespace) -> None:
    async with _wallet(args) as wallet:
        address = await receive(wallet)
        if args.device:
            async with _device(args) as device:
                await _verified(wallet, device, address)
        _tell(args, asdict(address), address.address)


async def _verify(args: argparse.Namespace) -> None:
    async with _wallet(args) as wallet, _device(args) as device:
        address = wallet.address_at(args.index)
        await _verified(wallet, device, address)
        _tell(args, asdict(address), address.address)


async def _verified(wallet: Wallet, device: Device, address: Receive) -> None:
    await device.unlock(wallet.network)
    await recognise(wallet, device)
    _say(f"The device shows an address. It must be {address.address}.")
    await verify_address(wallet, device, address)
    _say("Device and wallet agree.")


async def _pay(args: argparse.Namespace) -> None:
    async with _wallet(args) as wallet:
        if args.discard:
            _discard(wallet)
            return
        backend = _backend(args)
        try:
            propagation = await (_resume if args.resume else _new_payment)(args, wallet, backend)
        finally:
            await backend.close()
    _tell(
        args,
        asdict(propagation),
        f"Sent: {propagation.txid}, seen by {len(propagation.echoed)} of"
        f" {propagation.peers_total} peers.",
    )


async def _new_payment(
    args: argparse.Namespace, wallet: Wallet, backend: P2pBackend
) -> Propagation:
    if args.address is None or args.sats is None:
        raise HostError("Say whom to pay and how many sats: quietkey wallet pay ADDRESS SATS.")
    await backend.sync(wallet)
    async with _device(args) as device:
        await device.unlock(wallet.network)
        await recognise(wallet, device)
        wish = spend.Wish(args.address, args.sats, args.rate)
        return await spend.spend(wallet, device, backend, wish, _say_step)


async def _resume(args: argparse.Namespace, wallet: Wallet, backend: P2pBackend) -> Propagation:
    if waiting := spend.unsent(wallet):
        return await spend.send(wallet, backend, waiting[0].payment, _say_step)
    draft = spend.unfinished(wallet)
    if draft is None:
        raise HostError("There is no payment that was cut short.")
    _say(spend.Drafted(draft).sentence)
    async with _device(args) as device:
        return await spend.carry_on(wallet, device, backend, draft, _say_step)


def _discard(wallet: Wallet) -> None:
    draft = spend.unfinished(wallet)
    if draft is None:
        raise HostError("There is no unsigned payment.")
    wallet.discard(draft)
    _say("The unsigned payment is forgotten.")


async def _history(args: argparse.Namespace) -> None:
    async with _wallet(args) as wallet:
        await _look(args, wallet)
        for entry in await history(wallet):
            row = entry.row
            to = entry.made.recipient if entry.made else None
            _tell(
                args,
                {**asdict(row), "status": entry.status, "recipient": to},
                f"{row.txid}  {grouped(row.net_sats):>16} sats  {entry.status}",
            )


async def _sync(args: argparse.Namespace) -> None:
    async with _wallet(args) as wallet:
        await _look(args, wallet)
        _tell(args, {"height": wallet.tip_height}, f"Up to date at height {wallet.tip_height}.")


async def _look(args: argparse.Namespace, wallet: Wallet) -> None:
    """Bring the wallet up to date, when there is somebody to ask."""
    if args.peer:
        backend = _backend(args)
        try:
            await backend.sync(wallet)
        finally:
            await backend.close()


def _backend(args: argparse.Namespace) -> P2pBackend:
    if not args.peer:
        raise HostError("Name a node to ask, for example --peer 127.0.0.1:18444.")
    return P2pBackend(args.peer, args.network, _home(args).headers(args.network, args.script))


@asynccontextmanager
async def _device(args: argparse.Namespace) -> AsyncIterator[Device]:
    if not args.device:
        raise HostError("Say where the device is, for example --device tcp:127.0.0.1:30121.")
    device = await connect(args.device)
    try:
        yield device
    finally:
        await device.close()


@asynccontextmanager
async def _wallet(args: argparse.Namespace) -> AsyncIterator[Wallet]:
    wallet = await asyncio.to_thread(Wallet.open, _folder(args))
    try:
        yield wallet
    finally:
        wallet.close()


def _home(args: argparse.Namespace) -> Home:
    return Home(args.home) if args.home else Home.default()


def _folder(args: argparse.Namespace) -> Path:
    return _home(args).wallet(args.network, args.script)


def _tell(args: argparse.Namespace, data: Data, text: str) -> None:
    """Data for whoever reads stdout: a person or, with --json, a program."""
    sys.stdout.write((json.dumps(data) if args.json else text) + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _say_step(step: spend.Step) -> None:
    _say(step.sentence)


TASKS: dict[str, Callable[[argparse.Namespace], Coroutine[Any, Any, None]]] = {
    "pair": _pair,
    "balance": _balance,
    "receive": _receive,
    "verify": _verify,
    "pay": _pay,
    "history": _history,
    "sync": _sync,
}
