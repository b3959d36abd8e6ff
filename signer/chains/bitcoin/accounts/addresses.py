"""Our own addresses, derived here so that no host's screen need be believed (T46)."""

from signer.chains.bitcoin.accounts.account import (
    CHANGE,
    INDEX_GAP,
    PURPOSES,
    AccountIndex,
    PolicyAccount,
    SingleKeyAccount,
    is_foreign,
    single_key_spend_data,
)
from signer.chains.bitcoin.descriptors.spend_data import SpendData
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.errors import Malformed, Refused
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path, render

_DEPTH = 5  # of an address (BIP44, Path levels)
VARIANTS = {
    "pkh": ScriptType.P2PKH,
    "sh(wpkh)": ScriptType.P2SH,
    "wpkh": ScriptType.P2WPKH,
    "tr": ScriptType.P2TR,
}


def variant_of(path: Path) -> str:
    """The kind of address that wallets have at `path` (BIP44 and kin); empty where none has one."""
    kind = PURPOSES.get(path[0]) if len(path) == _DEPTH else None
    return next((variant for variant, script_type in VARIANTS.items() if script_type is kind), "")


def single_key_address(
    keyring: Keyring, path: Path, variant: str, network: Network
) -> tuple[str, tuple[str, ...]]:
    """The address of our key at `path`, and warnings. Raises Refused for an unknown variant."""
    spend_data = single_key_spend_data(_kind(variant), keyring.public_key(path))
    return _text(spend_data, network), path_warnings(path, _kind(variant), network)


def single_key_location(keyring: Keyring, path: Path, variant: str) -> AccountIndex:
    """Where the address of our key at `path` lies. Raises Refused for an unknown variant."""
    kind = _kind(variant)
    if len(path) < 2:
        raise Refused(BitcoinReason.PATH_UNUSUAL)
    return SingleKeyAccount(kind, path[:-2]).location(keyring, path[-2], path[-1])


def policy_address(
    account: PolicyAccount, branch: int, index: int, network: Network
) -> tuple[str, tuple[str, ...]]:
    """An address of a registered account, and warnings.

    Raises Refused for an account of another network, Malformed for a branch or index out of range.
    """
    _check_place(account, branch, index, network)
    warnings = ["This is a change address."] if branch == CHANGE else []
    if index >= INDEX_GAP:
        warnings.append(f"Unusual index {index}.")
    return _text(account.policy.spend_data(branch, index), network), tuple(warnings)


def policy_location(
    account: PolicyAccount, branch: int, index: int, keyring: Keyring, network: Network
) -> AccountIndex:
    """Where that address lies. Raises as `policy_address` does."""
    _check_place(account, branch, index, network)
    return account.location(keyring, branch, index)


def path_warnings(path: Path, kind: ScriptType, network: Network) -> tuple[str, ...]:
    """What a person should know about an address at this path; empty for an ordinary one (T44)."""
    account = SingleKeyAccount(kind, path[:-2])
    if is_foreign(path, network):
        return (f"This path belongs to another network than {network.name}.",)
    usual = account.is_standard(network) and path[-2] in {0, 1} and path[-1] < INDEX_GAP
    if len(path) != 5 or not usual:
        return (f"Unusual path {render(path)}.",)
    return ("This is a change address.",) if path[-2] == CHANGE else ()


def _kind(variant: str) -> ScriptType:
    if variant not in VARIANTS:
        raise Refused(BitcoinReason.VARIANT_UNSUPPORTED)
    return VARIANTS[variant]


def _check_place(account: PolicyAccount, branch: int, index: int, network: Network) -> None:
    if account.policy.network != network:
        raise Refused(BitcoinReason.WRONG_NETWORK)
    if branch not in {0, 1} or not 0 <= index < HARDENED:
        raise Malformed("A branch is 0 or 1, and an index is below 2147483648.")


def _text(spend_data: SpendData, network: Network) -> str:
    return address.render(spend_data.script_pubkey, network) or ""
