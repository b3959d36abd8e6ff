"""Our own addresses, derived here so that no host's screen need be believed (T46)."""

from signer.chains.bitcoin.accounts.account import (
    CHANGE,
    INDEX_GAP,
    OneKey,
    Place,
    Registered,
    is_foreign,
    single_lock,
)
from signer.chains.bitcoin.descriptors.spend_data import Lock
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address
from signer.chains.bitcoin.transactions.script import Kind
from signer.errors import Malformed, Refused
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path, render

VARIANTS = {"pkh": Kind.P2PKH, "sh(wpkh)": Kind.P2SH, "wpkh": Kind.P2WPKH, "tr": Kind.P2TR}


def single(
    keyring: Keyring, path: Path, variant: str, network: Network
) -> tuple[str, tuple[str, ...]]:
    """The address of our key at `path`, and warnings. Raises Refused for an unknown variant."""
    lock = single_lock(_kind(variant), keyring.public_key(path))
    return _text(lock, network), oddities(path, _kind(variant), network)


def place(keyring: Keyring, path: Path, variant: str) -> Place:
    """Where the address of our key at `path` lies. Raises Refused for an unknown variant."""
    kind = _kind(variant)
    if len(path) < 2:
        raise Refused(BitcoinReason.PATH_UNUSUAL)
    return OneKey(kind, path[:-2]).place(keyring, path[-2], path[-1])


def registered(
    account: Registered, branch: int, index: int, network: Network
) -> tuple[str, tuple[str, ...]]:
    """An address of a registered account, and warnings.

    Raises Refused for an account of another network, Malformed for a branch or index out of range.
    """
    _check_place(account, branch, index, network)
    warnings = ["This is a change address."] if branch == CHANGE else []
    if index >= INDEX_GAP:
        warnings.append(f"Unusual index {index}.")
    return _text(account.policy.lock(branch, index), network), tuple(warnings)


def registered_place(
    account: Registered, branch: int, index: int, keyring: Keyring, network: Network
) -> Place:
    """Where that address lies. Raises as `registered` does."""
    _check_place(account, branch, index, network)
    return account.place(keyring, branch, index)


def oddities(path: Path, kind: Kind, network: Network) -> tuple[str, ...]:
    """What a person should know about an address at this path; empty for an ordinary one (T44)."""
    account = OneKey(kind, path[:-2])
    if is_foreign(path, network):
        return (f"This path belongs to another network than {network.name}.",)
    usual = account.is_standard(network) and path[-2] in {0, 1} and path[-1] < INDEX_GAP
    if len(path) != 5 or not usual:
        return (f"Unusual path {render(path)}.",)
    return ("This is a change address.",) if path[-2] == CHANGE else ()


def _kind(variant: str) -> Kind:
    if variant not in VARIANTS:
        raise Refused(BitcoinReason.VARIANT_UNSUPPORTED)
    return VARIANTS[variant]


def _check_place(account: Registered, branch: int, index: int, network: Network) -> None:
    if account.policy.network != network:
        raise Refused(BitcoinReason.WRONG_NETWORK)
    if branch not in {0, 1} or not 0 <= index < HARDENED:
        raise Malformed("A branch is 0 or 1, and an index is below 2147483648.")


def _text(lock: Lock, network: Network) -> str:
    return address.render(lock.script_pubkey, network) or ""
