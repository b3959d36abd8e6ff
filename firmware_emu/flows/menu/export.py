"""The account's public keys as a QR code, for a wallet that has no cable to this device."""

from firmware_emu.flows import Flow
from firmware_emu.flows.menu.network import choose_chain
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.qr import animated
from firmware_emu.storage import networks
from firmware_emu.storage.settings import Settings
from signer import chains
from signer.formats import account
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED

# BIP84 and BIP86: what new accounts are. Older kinds are signed for, too, and read by cable.
_PURPOSES = {"wpkh": 84, "tr": 86}
_NONE = Notice("Show account", ("No chain here has accounts that fit a code.",))


def export(settings: Settings, keyring: Keyring) -> Flow[None]:
    """Shows the first account of each kind. It tells all its addresses, and spends nothing."""
    names = tuple(name for name in chains.names() if chains.policy_accounts(name))
    if not names:
        yield _NONE
        return
    chain = yield from choose_chain(names)
    if chain:
        network = networks.network_of(settings, chain)
        keys = tuple(_key(keyring, script, chain, network) for script in _PURPOSES)
        ur = account.render(account.Account(keyring.fingerprint, keys))
        yield animated(f"Account on {network}", ur)


def _key(keyring: Keyring, script: str, chain: str, network: str) -> account.AccountKey:
    coin = 0 if networks.has_value(chain, network) else 1  # SLIP44
    path = (_PURPOSES[script] + HARDENED, coin + HARDENED, HARDENED)
    return account.key(script, path, chains.load(chain).xpub(keyring, path, network))
