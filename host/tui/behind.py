"""What is behind the screens in earnest: the demo's parts and the use cases, as one Scene.

Imported in a thread after the first frame, because what it imports takes a while.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from host.app import pair, receive, spend, verify_address
from host.backends import Propagation
from host.config import HARDENED, account_path
from host.demo.control import View
from host.demo.parts import Parts
from host.devices import Device
from host.errors import HostError, LinkLost, WalletError
from host.store import PaymentRecord
from host.tui import sentences
from host.tui.scene import Bill, Coin, Leftover, Movement, Node, Picture, Purse, Receive, Spread
from host.wallet import Draft, Payment, Wallet
from host.wallet import Receive as HandedOut

Result = TypeVar("Result")
FAUCET_SATS = 5_000_000
SCRIPT = "wpkh"


async def start(home: Path | None, link: str, say: Callable[[str], None]) -> "Behind":
    """Start device and network. Everything lives in `home`; for None nothing is kept."""
    thrown_away = None
    if home is None:
        thrown_away = await asyncio.to_thread(TemporaryDirectory, prefix="quietkey-")
        home = Path(thrown_away.name)
    try:
        return Behind(await Parts.start(home, link, say), thrown_away)
    except BaseException:
        if thrown_away is not None:
            thrown_away.cleanup()
        raise


class Behind:
    """Implements host.tui.scene.Scene. The panel's cable and the wallet's cable stay apart."""

    def __init__(self, parts: Parts, thrown_away: "TemporaryDirectory[str] | None" = None) -> None:
        self.link = parts.link
        self._parts = parts
        self._thrown_away = thrown_away
        self._open: Wallet | None = None
        self._handed: HandedOut | None = None
        self._drafts: dict[int, Draft] = {}
        self._payments: dict[int, Payment] = {}
        self._bills = 0

    @property
    def plugged(self) -> bool:
        return self._parts.device is not None

    # The device's front panel

    async def views(self) -> AsyncIterator[View]:
        async for view in self._parts.control.changes():
            yield view

    async def press(self, key: str) -> None:
        await self._parts.control.press(key)

    async def type(self, text: str) -> None:
        await self._parts.control.type(text)

    async def pixels(self) -> Picture:
        frame = await self._parts.control.pixels()
        return Picture(frame.width, frame.height, frame.pixels)

    # The cable

    async def plug(self) -> None:
        await self._parts.plug()

    async def unplug(self) -> None:
        await self._parts.unplug()

    async def _over_the_cable(self, ask: Callable[[Device], Awaitable[Result]]) -> Result:
        """Ask the device something; a conversation that broke off leaves a fresh cable behind."""
        device = self._parts.device
        if device is None:
            raise LinkLost(sentences.PULLED)
        try:
            return await ask(device)
        except (LinkLost, asyncio.CancelledError):
            # An answer that comes late must not be taken for the answer to the next question.
            if self._parts.device is device:
                await self._parts.unplug()
                await self._parts.plug()
            raise

    # The network

    async def nodes(self) -> AsyncIterator[tuple[Node, ...]]:
        async for status in self._parts.devnet.watch():
            yield tuple(Node(n.name, n.address, n.alive, n.height, n.mempool) for n in status)

    async def mine(self) -> None:
        await self._parts.devnet.mine(1)

    async def kill(self, node: int) -> None:
        await self._parts.devnet.kill(node)

    async def revive(self, node: int) -> None:
        await self._parts.devnet.revive(node)

    # The wallet

    @property
    def _wallet(self) -> Wallet:
        if self._open is None:
            raise WalletError("There is no wallet yet. Unlock the device, and it is paired.")
        return self._open

    @property
    def _wallets(self) -> Path:
        return self._parts.home / "wallets"

    async def open_wallet(self) -> bool:
        self._open = await asyncio.to_thread(_last_used, self._wallets)
        return self._open is not None

    async def unlock(self) -> None:
        await self._over_the_cable(lambda device: device.unlock(self._parts.network))

    async def pair(self) -> None:
        await self._over_the_cable(self._pair)

    async def _pair(self, device: Device) -> None:
        # Each device has a folder of its own: a new seed must not end at the old one's wallet.
        network = self._parts.network
        await device.unlock(network)
        key = await device.account_key(network, account_path(network, SCRIPT))
        folder = self._wallets / key.fingerprint
        if self._open is not None:
            self._open.close()
            self._open = None
        self._open = await pair.pair(device, folder, network, SCRIPT)
        folder.touch()

    async def sync(self) -> Purse:
        await self._parts.backend.sync(self._wallet)
        return await self.purse()

    async def purse(self) -> Purse:
        return await asyncio.to_thread(_purse, self._wallet)

    async def fund(self) -> None:
        handed = await receive.receive(self._wallet)
        await self._parts.devnet.fund(handed.address, FAUCET_SATS)

    async def next_address(self) -> Receive:
        self._handed = await receive.receive(self._wallet)
        shown = self._handed
        return Receive(shown.address, shown.index, _path(shown.path))

    async def verify(self, receive: Receive) -> None:
        handed = self._handed
        if handed is None or handed.address != receive.address:
            raise HostError("This address is not on the page any more. Press r for a new one.")
        await self._over_the_cable(
            lambda device: verify_address.verify_address(self._wallet, device, handed)
        )

    # A payment

    async def left_over(self) -> Leftover | None:
        draft = await asyncio.to_thread(spend.unfinished, self._wallet)
        if draft is not None:
            return Leftover(self._bill(draft), signed=False)
        for record in await asyncio.to_thread(spend.unsent, self._wallet):
            return Leftover(self._signed_bill(record), signed=True)
        return None

    def _signed_bill(self, record: PaymentRecord) -> Bill:
        """What is still known of a payment once it is signed."""
        self._bills += 1
        self._payments[self._bills] = record.payment
        return Bill(self._bills, record.recipient, record.sats, record.payment.fee_sats)

    async def draft(self, address: str, sats: int, sats_per_vbyte: float) -> Bill:
        made = await asyncio.to_thread(self._wallet.draft, address, sats, sats_per_vbyte)
        return self._bill(made)

    def _bill(self, draft: Draft) -> Bill:
        self._bills += 1
        self._drafts[self._bills] = draft
        return Bill(
            self._bills,
            draft.recipient,
            draft.sats,
            draft.fee_sats,
            draft.sats_per_vbyte,
            draft.change_sats,
            draft.words,
        )

    async def renew(self, bill: Bill) -> Bill:
        kept = await asyncio.to_thread(spend.unfinished, self._wallet)
        if kept is not None and kept == self._drafts.get(bill.number):
            return bill
        return await self.draft(bill.recipient, bill.sats, bill.sats_per_vbyte)

    async def discard(self, bill: Bill) -> None:
        draft = self._drafts.pop(bill.number, None)
        kept = await asyncio.to_thread(spend.unfinished, self._wallet)
        if draft is not None and kept == draft:
            await asyncio.to_thread(self._wallet.discard, draft)

    async def sign(self, bill: Bill) -> None:
        draft = self._drafts[bill.number]
        self._payments[bill.number] = await self._over_the_cable(
            lambda device: spend.sign(self._wallet, device, draft)
        )

    async def send(self, bill: Bill, seen: Callable[[Spread], None]) -> Spread:
        def say(step: spend.Step) -> None:
            if isinstance(step, spend.Spreading):
                seen(_spread(step.propagation))

        payment = self._payments[bill.number]
        return _spread(await spend.send(self._wallet, self._parts.backend, payment, say))

    async def close(self) -> None:
        await self._parts.close()
        if self._open is not None:
            self._open.close()
        if self._thrown_away is not None:
            await asyncio.to_thread(self._thrown_away.cleanup)


def _last_used(wallets: Path) -> Wallet | None:
    folders = [folder for folder in wallets.glob("*") if Wallet.exists(folder)]
    newest = max(folders, key=lambda folder: folder.stat().st_mtime, default=None)
    return Wallet.open(newest) if newest is not None else None


def _purse(wallet: Wallet) -> Purse:
    balance = wallet.balance()
    return Purse(
        wallet.fingerprint,
        wallet.tip_height,
        balance.confirmed_sats,
        balance.pending_sats,
        tuple(Coin(c.outpoint, c.sats, c.address, c.height) for c in wallet.coins()),
        tuple(Movement(r.txid, r.net_sats, r.fee_sats, r.height) for r in wallet.history()),
    )


def _path(path: tuple[int, ...]) -> str:
    return "/".join(f"{i - HARDENED}h" if i >= HARDENED else str(i) for i in path)


def _spread(seen: Propagation) -> Spread:
    return Spread(seen.txid, len(seen.announced), len(seen.echoed), seen.peers_total)
