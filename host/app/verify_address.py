"""Have the device derive an address again, and its person look at it."""

import asyncio

from host.app import cosigner
from host.devices import SigningDevice
from host.errors import AddressAlarm, DeclinedOnDevice
from host.values import ReceiveAddress
from host.wallet import Wallet

NOT_THE_SAME = (
    "Do not use this address. You said no to it on the device. If the two were not the same, this"
    " computer may have been tampered with, and coins sent there may be lost."
)
ANOTHER_DERIVED = (
    "Do not use this address. The device derived another one than this computer shows. Give this"
    " one to nobody: coins sent to it may be lost. This may be another device, or this computer may"
    " have been tampered with."
)


async def verify_address(wallet: Wallet, device: SigningDevice, address: ReceiveAddress) -> None:
    """Return only when device, person and wallet agree that `address` is this wallet's.

    Raises AddressAlarm when the device derived another address or the person said no to it.
    """
    await device.unlock(wallet.network)
    try:
        if wallet.is_policy:
            derived = await cosigner.show_address(wallet, device, address.index)
        else:
            derived = await device.show_address(wallet.network, address.path, wallet.script)
    except DeclinedOnDevice as error:
        await asyncio.to_thread(wallet.mark_address_refused, address)
        raise AddressAlarm(NOT_THE_SAME) from error
    if derived != address.address:
        await asyncio.to_thread(wallet.mark_address_refused, address)
        raise AddressAlarm(ANOTHER_DERIVED)
    await asyncio.to_thread(wallet.mark_verified, address)
