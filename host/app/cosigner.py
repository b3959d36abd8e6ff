"""One of the devices whose keys a wallet has: recognised, and told of the wallet."""

import asyncio

from host.devices import SigningDevice
from host.errors import DeviceError, WalletError
from host.values import Draft
from host.wallet import Wallet
from host.wallet.cosigners import keys_of

LONGEST_NAME = 15  # letters that a Jade takes
OTHER_KEYS = (
    "The device calls itself the one of this wallet and has other keys. Nothing was changed. Do not"
    " use it for this wallet."
)


async def recognise(wallet: Wallet, device: SigningDevice) -> int:
    """Which key of a wallet of several is the device's, from 0. Raises WalletError: none is."""
    keys = keys_of(wallet.description)
    given = await device.account_key(wallet.network, keys[0].path)
    for place, key in enumerate(keys):
        if key.fingerprint != given.fingerprint:
            continue
        # A fingerprint has 32 bits and can be made to fit: the key itself must be the same, too.
        if (await device.account_key(wallet.network, key.path)).xpub != key.xpub:
            raise WalletError(OTHER_KEYS)
        return place
    raise WalletError(
        f"The device {given.fingerprint} has none of the keys of this wallet:"
        f" {', '.join(key.fingerprint for key in keys)}. Nothing was changed. Connect one of"
        " those."
    )


async def register(wallet: Wallet, device: SigningDevice, name: str) -> str:
    """Have a device show the whole wallet, and know it by that name once its person agreed.

    The fingerprint of the device, or "" for one that cannot be asked: it is shown the wallet until
    the wait is ended. Raises DeviceError, DeclinedOnDevice, WalletError: it has none of its keys.
    """
    await device.unlock(wallet.network)
    short = name[:LONGEST_NAME]
    if not device.interactive:
        await device.register(wallet.network, short, wallet.description)
        return ""
    place = await recognise(wallet, device)
    await device.register(wallet.network, short, wallet.description)
    fingerprint = keys_of(wallet.description)[place].fingerprint
    await asyncio.to_thread(wallet.store.register, fingerprint, short)
    return fingerprint


async def show_address(wallet: Wallet, device: SigningDevice, index: int) -> tuple[int, str]:
    """Which key is the device's, from 0, and what it derives of the wallet it was told of.

    Raises WalletError before that.
    """
    if not device.interactive:
        raise DeviceError(
            "A device across the air gap cannot be asked. Show its camera the address as a code,"
            " which the app's receive page has: the device says whether it is yours."
        )
    place = await recognise(wallet, device)
    key = keys_of(wallet.description)[place]
    names = await asyncio.to_thread(wallet.store.registrations)
    if key.fingerprint not in names:
        raise WalletError(
            f"The device {key.fingerprint} does not know this wallet yet. Nothing was changed. Let"
            " it read the wallet first: quietkey wallet register."
        )
    name = names[key.fingerprint]
    return place, await device.show_account_address(wallet.network, name, index)


async def check_turn(wallet: Wallet, device: SigningDevice, draft: Draft) -> None:
    """Raises WalletError for a device that has signed the payment already, or cannot."""
    progress = await asyncio.to_thread(wallet.signatures, draft)
    if progress is None or not device.interactive:
        return
    place = await recognise(wallet, device)
    if place in progress.signed:
        raise WalletError(
            f"This is key {place + 1}, which has signed already. {progress.sentence} Connect"
            " another device and go on."
        )
