"""Have the device derive an address again, and its person look at it."""

import asyncio

from host.devices import Device
from host.errors import AddressAlarm
from host.wallet import Receive, Wallet


async def verify_address(wallet: Wallet, device: Device, receive: Receive) -> None:
    """Return only when device, person and wallet agree that `receive` is this wallet's.

    Raises AddressAlarm when the device derived another address, Declined when the person said no.
    """
    await device.unlock(wallet.network)
    shown = await device.show_address(wallet.network, receive.path, wallet.script)
    if shown != receive.address:
        raise AddressAlarm(
            "Stop. The device derived another address than this computer shows. Do not give this"
            " address to anybody: coins sent to it may be lost. This may be another device, or"
            " this computer may have been tampered with."
        )
    await asyncio.to_thread(wallet.mark_verified, receive)
