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
NOT_THE_SAME_THERE = (
    "Do not use this address. You said that a signer does not have it. This computer, or that"
    " signer, may have been tampered with, and coins sent there may be lost. It may also have"
    " another wallet than this one."
)
ANOTHER_DERIVED = (
    "Do not use this address. The device derived another one than this computer shows. Give this"
    " one to nobody: coins sent to it may be lost. This may be another device, or this computer may"
    " have been tampered with."
)


async def verify_address(wallet: Wallet, device: SigningDevice, address: ReceiveAddress) -> int:
    """Return only when device, person and wallet agree that `address` is this wallet's.

    Which of its keys is the device's, from 0.

    Raises AddressAlarm when the device derived another address or the person said no to it.
    """
    await device.unlock(wallet.network)
    place = 0
    try:
        if wallet.is_policy:
            place, derived = await cosigner.show_address(wallet, device, address.index)
        else:
            derived = await device.show_address(wallet.network, address.path, wallet.script)
    except DeclinedOnDevice as error:
        await asyncio.to_thread(wallet.mark_address_refused, address)
        raise AddressAlarm(NOT_THE_SAME) from error
    if derived != address.address:
        await asyncio.to_thread(wallet.mark_address_refused, address)
        raise AddressAlarm(ANOTHER_DERIVED)
    await asyncio.to_thread(wallet.mark_verified, address)
    return place


async def judge(wallet: Wallet, address: ReceiveAddress, *, is_same: bool) -> None:
    """Keep what a person read on a signer that cannot be asked. Raises AddressAlarm for a no."""
    if not is_same:
        await asyncio.to_thread(wallet.mark_address_refused, address)
        raise AddressAlarm(NOT_THE_SAME_THERE)
    await asyncio.to_thread(wallet.mark_verified, address)
