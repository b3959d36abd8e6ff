"""A desk for journeys: the real four parts, a device that was set up, a wallet with coins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from host.demo.auto import PIN, RECIPIENT
from host.demo.finger import ScriptedFinger
from host.demo.parts import Parts
from host.demo.session import DemoSession
from host.wallet import Wallet

WRONG_PIN = "0000"
assert WRONG_PIN != PIN


@dataclass
class Desk:
    """What stands on it. `recipient` is somebody else's address."""

    parts: Parts
    finger: ScriptedFinger
    session: DemoSession
    recipient: str = RECIPIENT

    @property
    def wallet(self) -> Wallet:
        return self.session.wallet

    async def mempools(self) -> set[str]:
        """Every transaction that waits in any node."""
        return {txid for node in await self.parts.devnet.status() for txid in node.mempool}


@asynccontextmanager
async def desk(home: Path, link: str = "tcp") -> AsyncIterator[Desk]:
    """Everything started, set up, paired and funded; ended afterwards."""
    parts = await Parts.start(home, link)
    session = DemoSession(parts)
    try:
        finger = ScriptedFinger(parts.control)
        await finger.set_up(PIN)
        await session.pair()
        await session.playground.fund((await session.next_address()).address)
        await session.sync()
        yield Desk(parts, finger, session)
    finally:
        await session.close()
