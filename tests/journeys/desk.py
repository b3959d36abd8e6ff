"""A desk for journeys: the real four parts, a device that was set up, a wallet with coins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from host.app.pair import pair
from host.demo.auto import COINS_SATS, PIN, RECIPIENT
from host.demo.finger import ScriptedFinger
from host.demo.parts import Parts
from host.wallet import Wallet

WRONG_PIN = "0000"
assert WRONG_PIN != PIN


@dataclass
class Desk:
    """What stands on it. `recipient` is somebody else's address."""

    parts: Parts
    finger: ScriptedFinger
    wallet: Wallet
    recipient: str = RECIPIENT

    async def mempools(self) -> set[str]:
        """Every transaction that waits in any node."""
        return {txid for node in await self.parts.devnet.status() for txid in node.mempool}


@asynccontextmanager
async def desk(home: Path, link: str = "tcp") -> AsyncIterator[Desk]:
    """Everything started, set up, paired and funded; ended afterwards."""
    parts = await Parts.start(home, link)
    try:
        finger = ScriptedFinger(parts.control)
        await finger.set_up(PIN)
        wallet = await pair(await parts.plug(), home / "wallet", parts.network)
        try:
            await parts.devnet.fund(wallet.next_address().address, COINS_SATS)
            await parts.backend.sync(wallet)
            yield Desk(parts, finger, wallet)
        finally:
            wallet.close()
    finally:
        await parts.close()
