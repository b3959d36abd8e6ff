"""An ordinary wallet as a session: a folder, a device at the end of a cable, a view of a chain.

Imported in a thread after the first frame, because what it imports takes a while.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from host.app import cosigner, pair, pasted, payee_names, receive, spend, verify_address
from host.backends import Backend
from host.devices import SigningDevice
from host.errors import HostError, NetworkError, WalletError
from host.fees import FeeAdvice
from host.servers.dns import NameResolver
from host.session import wording
from host.session.api import (
    AttackRange,
    DevicePanel,
    Observer,
    Playground,
    Sweeper,
    UnfinishedPayment,
    WalletSnapshot,
)
from host.session.cable import Cable
from host.session.records import WalletRecords
from host.session.snapshots import snapshot
from host.store import Search
from host.sweep import KeySweeper, read_key
from host.values import (
    Draft,
    NetworkView,
    PaymentRecord,
    PaymentRequest,
    ReceiveAddress,
    Sent,
    Signatures,
    SignedPayment,
    WaitingFees,
)
from host.wallet import FIRST_SEARCH, ScannedWallet, Wallet
from host.wallet.folder_lock import FolderLock

LATEST = 50  # payments of a first look
SYSTEM_RESOLVER = NameResolver()


@dataclass(frozen=True, slots=True)
class WalletFolder:
    """Where a wallet is kept, and which account it is: `script` is one of host.config.PURPOSE.

    `search` says how far the coins of a new one are looked for.
    """

    path: Path
    network: str
    script: str = "wpkh"
    account: int = 0
    name: str = ""
    search: Search = FIRST_SEARCH


class LocalSession:
    """Implements host.session.api.WalletSession for one folder and one device."""

    def __init__(
        self,
        folder: WalletFolder,
        cable: Cable,
        backend: Backend | None,
        link: str,
        *,
        exclusive: bool = True,
        resolver: NameResolver = SYSTEM_RESOLVER,
    ) -> None:
        """`link` is how the cable connects: "serial", "tcp" or "qr".

        Without a backend the wallet knows what it knew before. One that is not `exclusive` only
        looks: it may be open beside another program's. The `resolver` is asked for names (BIP353).
        """
        self._resolver = resolver
        self._exclusive = exclusive
        self._lock: FolderLock | None = None
        self.folder = folder
        self.link = link
        self.cable = cable
        self._own_backend = backend
        self._open: Wallet | None = None
        self._opened = asyncio.Event()
        self.records = WalletRecords(lambda: self.wallet)

    @property
    def network(self) -> str:
        return self.folder.network

    @property
    def title(self) -> str:
        return wording.title(self.network)

    @property
    def panel(self) -> DevicePanel | None:
        return None

    @property
    def playground(self) -> Playground | None:
        return None

    @property
    def attacks(self) -> AttackRange | None:
        return None

    # The cable

    @property
    def plugged(self) -> bool:
        return self.cable.plugged

    async def plug(self) -> None:
        await self.cable.plug()

    async def unplug(self) -> None:
        await self.cable.unplug()

    # The network

    @property
    def _backend(self) -> Backend:
        if self._own_backend is None:
            raise NetworkError("There is no network to ask. Name a node of it and try again.")
        return self._own_backend

    # The wallet

    @property
    def wallet(self) -> Wallet:
        """Raises WalletError before one was opened or paired."""
        if self._open is None:
            raise WalletError("There is no wallet yet. Unlock the device, and it is paired.")
        return self._open

    async def open_wallet(self) -> bool:
        path = await asyncio.to_thread(self._last_used)
        if path is not None:
            await self._occupy(path)
            self._take(await asyncio.to_thread(Wallet.open, path))
        return path is not None

    async def _occupy(self, path: Path) -> None:
        """Keep other programs out of the folder. Raises WalletError when one is in it."""
        self._vacate()
        if self._exclusive:
            self._lock = await asyncio.to_thread(FolderLock.acquire, path)

    def _vacate(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _last_used(self) -> Path | None:
        return self.folder.path if Wallet.exists(self.folder.path) else None

    def _take(self, wallet: Wallet) -> None:
        self._open = wallet
        self._opened.set()

    async def unlock(self) -> None:
        await self.cable.ask(self._unlock)

    async def _unlock(self, device: SigningDevice) -> None:
        await device.unlock(self.network)
        if device.interactive and self._open is not None:
            await pair.recognise(self._open, device)

    async def pair(self) -> None:
        await self.cable.ask(self._pair)

    async def _pair(self, device: SigningDevice) -> None:
        path = await self._path_for(device)
        if self._open is not None:
            self._open.close()
            self._open = None
        await self._occupy(path)
        folder = self.folder
        wallet = await pair.pair(
            device, path, folder.network, folder.script, account=folder.account,
            search=folder.search,
        )  # fmt: skip
        self._take(wallet)

    async def _path_for(self, _: SigningDevice) -> Path:
        return self.folder.path

    async def sync(self) -> WalletSnapshot:
        await self._backend.sync(self.wallet)
        await spend.send_again(self.wallet, self._backend)
        return await self.snapshot()

    async def look_for(self, scanned: ScannedWallet) -> None:
        """Let the network say what something else than the wallet has. Raises NetworkError."""
        await self._backend.sync(scanned)

    async def snapshot(self) -> WalletSnapshot:
        return await asyncio.to_thread(snapshot, self.wallet, self._network_view)

    async def glance(self) -> WalletSnapshot:
        return await asyncio.to_thread(snapshot, self.wallet, self._network_view, LATEST)

    @property
    def _network_view(self) -> NetworkView:
        return NetworkView() if self._own_backend is None else self._own_backend.view()

    async def follow(self) -> AsyncIterator[int]:
        await self._opened.wait()
        async with aclosing(self._backend.follow(self.wallet)) as heights:
            async for height in heights:
                await spend.send_again(self.wallet, self._backend)
                yield height

    async def last_address(self) -> ReceiveAddress | None:
        return await receive.last_address(self.wallet)

    async def is_used(self, address: ReceiveAddress) -> bool:
        return await asyncio.to_thread(self.wallet.is_used, address)

    async def next_address(self) -> ReceiveAddress:
        return await receive.next_address(self.wallet)

    async def verify(self, address: ReceiveAddress) -> int:
        check = verify_address.verify_address
        return await self.cable.ask(lambda device: check(self.wallet, device, address))

    async def judge(self, address: ReceiveAddress, *, is_same: bool) -> None:
        await verify_address.judge(self.wallet, address, is_same=is_same)

    @property
    def interactive(self) -> bool:
        """Whether the device that is plugged in can be asked for more than signatures."""
        return self.cable.device is not None and self.cable.device.interactive

    async def register(self, name: str) -> str:
        """Let the device know this wallet of several keys by that name; its fingerprint."""
        return await self.cable.ask(lambda device: cosigner.register(self.wallet, device, name))

    async def freeze(self, outpoint: str, frozen: bool) -> None:
        change = self.wallet.freeze if frozen else self.wallet.unfreeze
        await asyncio.to_thread(change, outpoint)

    # A payment

    async def unfinished(self) -> UnfinishedPayment | None:
        # Signed first: sending it asks nobody, and its coins count as spent until it is seen.
        for record in await asyncio.to_thread(spend.unsent, self.wallet):
            if not self.wallet.waits_until(record.payment):
                return UnfinishedPayment.of(record)
        draft = await asyncio.to_thread(spend.unfinished, self.wallet)
        if draft is None:
            return None
        return UnfinishedPayment(draft, signatures=await self.signatures(draft))

    async def signatures(self, draft: Draft) -> Signatures | None:
        return await asyncio.to_thread(self.wallet.signatures, draft)

    async def hand_on(self, draft: Draft) -> bytes:
        return await asyncio.to_thread(self.wallet.hand_on, draft)

    async def look_up(self, request: PaymentRequest) -> PaymentRequest:
        """The payment with the addresses that its names mean (BIP353). Raises HostError."""
        return await payee_names.looked_up(self.wallet, request, self._resolver)

    async def draft(self, request: PaymentRequest) -> Draft:
        request = await self.look_up(request)
        if self._own_backend is not None:
            await spend.send_waiting(self.wallet, self._own_backend)
            if request.fee_sats is None:
                await spend.check_rate(self._own_backend, request.sats_per_vbyte)
        draft = await spend.draft(self.wallet, request)
        if self._own_backend is not None and request.fee_sats is not None:
            await self._check_fee(self._own_backend, draft)
        return draft

    async def fee_floor(self) -> float:
        """The lowest fee in sat/vB that the network passes on, as far as it says; else 0."""
        return await self._backend.fee_floor()

    async def check_rate(self, sats_per_vbyte: float) -> None:
        """That the network passes on what pays so much. Raises WalletError."""
        await spend.check_rate(self._backend, sats_per_vbyte)

    async def advise_fee(self, blocks: int) -> FeeAdvice:
        return await spend.advise_fee(self.wallet, self._backend, blocks)

    async def waiting_fees(self) -> WaitingFees | None:
        return None if self._own_backend is None else await self._own_backend.waiting_fees()

    async def _check_fee(self, backend: Backend, draft: Draft) -> None:
        """The rate of an absolute fee is known once the coins are."""
        try:
            await spend.check_rate(backend, draft.sats_per_vbyte)
        except HostError:
            await self.discard(draft)
            raise

    async def bump(self, txid: str, sats_per_vbyte: float) -> Draft:
        await self.check_rate(sats_per_vbyte)
        return await spend.keep_draft(self.wallet, self.wallet.draft_bump, txid, sats_per_vbyte)

    async def call_off(self, txid: str, sats_per_vbyte: float) -> Draft:
        await self.check_rate(sats_per_vbyte)
        return await spend.keep_draft(self.wallet, self.wallet.draft_call_off, txid, sats_per_vbyte)

    async def give_up(self, txid: str) -> None:
        await asyncio.to_thread(self.wallet.give_up, txid)

    async def renew(self, draft: Draft) -> Draft:
        if await self._is_stored(draft):
            return draft
        if draft.replaces:
            raise WalletError(
                "What would have replaced the payment was discarded meanwhile. Nothing was paid."
                " Raise the fee once more, or call the payment off."
            )
        request = PaymentRequest.to(draft.recipient, draft.sats, draft.sats_per_vbyte)
        return await self.draft(draft.request or request)

    async def discard(self, draft: Draft) -> None:
        if await self._is_stored(draft):
            await asyncio.to_thread(self.wallet.discard, draft)

    async def _is_stored(self, draft: Draft) -> bool:
        return await asyncio.to_thread(spend.unfinished, self.wallet) == draft

    async def sign(self, draft: Draft) -> SignedPayment:
        try:
            payee_names.check_proofs(draft, self._resolver.clock())
        except WalletError:
            await self.discard(draft)
            raise
        return await self.cable.ask(lambda device: spend.sign(self.wallet, device, draft))

    async def take_signed(self, draft: Draft, signed_psbt: bytes) -> SignedPayment:
        """What another signer made of the draft, checked and kept. Raises WalletError."""
        return await spend.take_signed(self.wallet, draft, signed_psbt)

    async def take_psbt(self, text: str) -> UnfinishedPayment:
        psbt = await asyncio.to_thread(pasted.read, text)
        own = await asyncio.to_thread(pasted.own_payment, self.wallet, psbt)
        if isinstance(own, PaymentRecord):
            return UnfinishedPayment.of(own)
        payment = await self.take_signed(own, psbt.encode()) if pasted.is_signed(psbt) else None
        return UnfinishedPayment(own, payment, await self.signatures(own))

    async def send(self, payment: SignedPayment, observer: Observer) -> Sent:
        return await spend.send(self.wallet, self._backend, payment, observer)

    async def broadcast(self, raw_tx: bytes) -> Sent:
        """Give a transaction that may be anybody's to the network. Raises NetworkError."""
        return await self._backend.broadcast(raw_tx, None)

    def sweeper(self, key: str, birthday: date | None = None) -> Sweeper:
        return KeySweeper(read_key(key, self.network), self, birthday)

    async def close(self) -> None:
        """Let go of the device, the network and the wallet; the wallet is on disk."""
        await self.cable.unplug()
        if self._own_backend is not None:
            await self._own_backend.close()
        if self._open is not None:
            self._open.close()
        self._vacate()
