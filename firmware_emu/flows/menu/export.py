"""The account's public keys as a QR code, for a wallet that has no cable to this device."""

from firmware_emu.flows import Flow
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.qr import animated
from signer import chains
from signer.formats import account
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED

# BIP84 and BIP86: what new accounts are. Older kinds are signed for, too, and read by cable.
_PURPOSES = {"wpkh": 84, "tr": 86}
_NETWORKS = {"Bitcoin": ("mainnet", 0), "Test coins": ("testnet", 1)}


def export(keyring: Keyring) -> Flow[None]:
    """Shows the first account of each kind. It tells all its addresses, and spends nothing."""
    answer = yield Menu("Show account", tuple(_NETWORKS))
    if not isinstance(answer, Picked):
        return
    network, coin = _NETWORKS[answer.item]
    keys = tuple(_key(keyring, script, network, coin) for script in _PURPOSES)
    ur = account.render(account.Account(keyring.fingerprint, keys))
    yield animated("Account", ur)


def _key(keyring: Keyring, script: str, network: str, coin: int) -> account.AccountKey:
    path = (_PURPOSES[script] + HARDENED, coin + HARDENED, HARDENED)
    return account.key(script, path, chains.load("bitcoin").xpub(keyring, path, network))
