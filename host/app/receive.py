"""Get an address to be paid at."""

import asyncio

from host.values import ReceiveAddress
from host.wallet import Wallet


async def receive(wallet: Wallet) -> ReceiveAddress:
    """An address nobody was given before. Have the device verify it before giving it away."""
    return await asyncio.to_thread(wallet.next_address)
