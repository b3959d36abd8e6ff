"""Make the wallet of a device, or recognise the one it has."""

import asyncio
from pathlib import Path

from host.app import cosigner
from host.config import account_path
from host.devices import SigningDevice
from host.errors import WalletError
from host.store import Pairing, Search
from host.wallet import FIRST_SEARCH, Wallet


async def pair(
    device: SigningDevice,
    path: Path,
    network: str,
    script: str = "wpkh",
    *,
    account: int = 0,
    search: Search = FIRST_SEARCH,
) -> Wallet:
    """The wallet in the folder `path`, which belongs to `device`; a new one if there is none.

    `search` says how far the coins of a seed that was used before are looked for. Waits until the
    device is unlocked. Raises WalletError when the wallet there belongs to another device,
    DeviceError and LinkLost. Close the wallet when done.
    """
    await device.unlock(network)
    if Wallet.exists(path):
        wallet = await asyncio.to_thread(Wallet.open, path)
        try:
            await recognise(wallet, device)
        except BaseException:
            wallet.close()
            raise
        return wallet
    key = await device.account_key(network, account_path(network, script, account))
    pairing = Pairing(network, script, key.fingerprint, key.xpub, account)
    return await asyncio.to_thread(Wallet.create, path, pairing, search=search)


async def recognise(wallet: Wallet, device: SigningDevice) -> None:
    """Go on only with the device of this wallet. Raises WalletError when it is another one."""
    pairing = wallet.pairing
    if wallet.is_policy:
        await cosigner.recognise(wallet, device)
        return
    account = await device.account_key(wallet.network, pairing.path)
    if account.fingerprint != pairing.fingerprint:
        raise WalletError(
            f"This wallet belongs to the device {pairing.fingerprint}, and this is the device"
            f" {account.fingerprint}. Nothing was changed. Connect the other device, or keep this"
            " one's wallet in a folder of its own."
        )
    # A fingerprint has 32 bits and can be made to fit: the key itself must be the same, too.
    if account.xpub != pairing.account_xpub:
        raise WalletError(cosigner.OTHER_KEYS)
