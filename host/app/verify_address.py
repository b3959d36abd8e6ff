"""Have the device derive an address again, and its person look at it."""

import asyncio

from host.devices import SigningDevice
from host.errors import AddressAlarm
from host.values import ReceiveAddress
from host.wallet import Wallet


async def verify_address(wallet: Wallet, device: SigningDevice, address: ReceiveAddress) -> None:
    """Return only when device, person and wallet agree that `address` is this wallet's.

    Raises AddressAlarm when the device derived another address, DeclinedOnDevice when the
    person said no.
    """
    await device.unlock(wallet.network)
    derived = await device.show_address(wallet.network, address.path, wallet.script)
    if derived != address.address:
        raise AddressAlarm(
            "Stop. The device derived another address than this computer shows. Do not give this"
            " address to anybody: coins sent to it may be lost. This may be another device, or"
            " this computer may have been tampered with."
        )
    await asyncio.to_thread(wallet.mark_verified, address)
