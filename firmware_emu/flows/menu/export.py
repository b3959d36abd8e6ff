"""The account's public keys as a QR code, for a wallet that has no cable to this device."""

from firmware_emu.flows import Flow
from firmware_emu.flows.menu.network import choose_chain
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.qr import Alternative, animated
from firmware_emu.storage import networks
from firmware_emu.storage.settings import Settings
from signer import chains
from signer.formats import account
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path, bare

# BIP84 and BIP86: what new accounts are. Older kinds are signed for, too, and read by cable.
_SINGLE = {"wpkh": 84, "tr": 86}
_SHARED = "wsh"
_SHARED_STEP = 2 + HARDENED  # BIP48, Script: P2WSH
_NONE = Notice("Show account", ("No chain here has accounts that fit a code.",))


def export(settings: Settings, keyring: Keyring) -> Flow[None]:
    """Shows the first account of each kind. It tells all its addresses, and spends nothing.

    Behind it, by a key, the one for accounts of several keys, and each as `[fingerprint/path]xpub`.
    """
    names = tuple(name for name in chains.names() if chains.policy_accounts(name))
    if not names:
        yield _NONE
        return
    chain = yield from choose_chain(names)
    if chain:
        network = networks.network_of(settings, chain)
        single = tuple(_key(keyring, script, chain, network) for script in _SINGLE)
        shared = _key(keyring, _SHARED, chain, network)
        yield animated(
            f"Account on {network}",
            account.render(account.Account(keyring.fingerprint, single)),
            alternatives=(
                Alternative(
                    f"Multisig on {network}",
                    account.render(account.Account(keyring.fingerprint, (shared,))),
                ),
                *(_as_text(keyring, key.script, key) for key in single),
                _as_text(keyring, "Multisig", shared),
            ),
        )


def _as_text(keyring: Keyring, name: str, key: account.AccountKey) -> Alternative:
    """For programs that read one key, with its origin (BIP380, Key Expressions)."""
    origin = f"{keyring.fingerprint.hex()}/{bare(key.path)}"
    return Alternative(f"{name} as text", (f"[{origin}]{key.xpub}",))


def _key(keyring: Keyring, script: str, chain: str, network: str) -> account.AccountKey:
    coin = (0 if networks.has_value(chain, network) else 1) + HARDENED  # SLIP44
    path: Path = (48 + HARDENED, coin, HARDENED, _SHARED_STEP)
    if script in _SINGLE:
        path = (_SINGLE[script] + HARDENED, coin, HARDENED)
    return account.key(script, path, chains.load(chain).xpub(keyring, path, network))
