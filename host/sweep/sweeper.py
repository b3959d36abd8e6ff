"""One key on its way, in the one order for every face: looked for, planned, signed, sent."""

import asyncio
from datetime import date
from typing import Protocol

from host.errors import BadInput
from host.store import Search
from host.sweep.key_wallet import KeyWallet, watch
from host.sweep.payment import Sweep, plan, signed
from host.sweep.private_key import PrivateKey
from host.values import ReceiveAddress, Sent
from host.wallet import ScannedWallet


class Destination(Protocol):
    """The wallet that gets the coins, and its view of the chain (host.session.local)."""

    @property
    def network(self) -> str: ...

    async def look_for(self, scanned: ScannedWallet) -> None: ...

    async def check_rate(self, sats_per_vbyte: float) -> None: ...

    async def last_address(self) -> ReceiveAddress | None: ...

    async def next_address(self) -> ReceiveAddress: ...

    async def broadcast(self, raw_tx: bytes) -> Sent: ...


class KeySweeper:
    """Brings the coins of a key to the destination. Who lets go of it has forgotten the key.

    Nothing was received before `birthday`; None looks at the whole chain.
    """

    def __init__(
        self, key: PrivateKey, destination: Destination, birthday: date | None = None
    ) -> None:
        self._key = key
        self._destination = destination
        self._search = Search(birthday=birthday)
        self._wallets: tuple[KeyWallet, ...] = ()
        self._planned: tuple[Sweep, ReceiveAddress] | None = None
        self._raw_tx = b""

    async def plan(self, sats_per_vbyte: float) -> Sweep:
        """What the key has, and what is sent at that rate. The network is asked once.

        Raises BadInput when nothing is there, TooFewCoins when it is less than its fee, WalletError
        for a rate that is not passed on, NetworkError.
        """
        await self._destination.check_rate(sats_per_vbyte)
        wallets = self._wallets = self._wallets or await self._looked_for()
        address = await self._destination.last_address() or await self._destination.next_address()
        sweep = await asyncio.to_thread(plan, wallets, address.address, sats_per_vbyte)
        self._planned, self._raw_tx = (sweep, address), b""
        return sweep

    @property
    def address(self) -> ReceiveAddress:
        """Where it goes, of the wallet's own. Raises BadInput before there is a plan."""
        return self._plan[1]

    @property
    def _plan(self) -> tuple[Sweep, ReceiveAddress]:
        if self._planned is None:
            raise BadInput("Nothing was looked up yet. Nothing was sent.")
        return self._planned

    async def _looked_for(self) -> tuple[KeyWallet, ...]:
        wallets = watch(self._key, self._destination.network, self._search)
        for scanned in wallets:
            await self._destination.look_for(scanned)
            scanned.closed = True
        return wallets

    async def send(self) -> Sent:
        """Sign what was planned and give it to the network; again, if that failed before.

        Raises BadInput before there is a plan, WalletError, NetworkError.
        """
        sweep, network = self._plan[0], self._destination.network
        if not self._raw_tx:
            self._raw_tx = await asyncio.to_thread(signed, sweep, self._key, network)
        return await self._destination.broadcast(self._raw_tx)
