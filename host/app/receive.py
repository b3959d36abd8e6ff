"""Get an address to be paid at."""

import asyncio

from host.values import ReceiveAddress
from host.wallet import Wallet


async def last_address(wallet: Wallet) -> ReceiveAddress | None:
    """The one handed out last, while nobody paid to it and the device was not asked about it."""
    return await asyncio.to_thread(wallet.last_address)


async def next_address(wallet: Wallet) -> ReceiveAddress:
    """An address nobody was given before. Have the device verify it before giving it away."""
    return await asyncio.to_thread(wallet.next_address)
