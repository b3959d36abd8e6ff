"""Where an address of ours lies: a search through all accounts, over so many indexes and no more.

A wallet shows an address without its path. Whether it is ours is found out by deriving (T46).
"""

from collections.abc import Callable, Iterator, Sequence

from signer.chains.bitcoin.accounts.account import PURPOSES, PolicyAccount, single_key_spend_data
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.transactions import address
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, bare

ACCOUNTS = 3  # of each kind, from 0
_BRANCHES = (0, 1)  # to receive, and for change

ScriptAt = Callable[[int, int], bytes]  # the script of an account at a branch and an index


def find_address(
    text: str,
    keyring: Keyring,
    accounts: Sequence[PolicyAccount],
    network: Network,
    indexes: range,
) -> str | None:
    """Where the address lies, in words: `84h/1h/0h/0/5`, or an account's name, branch and index.

    None if it is not among `indexes` of the first ACCOUNTS accounts of each kind and of the
    registered ones. Raises Malformed for what is no address of this network.
    """
    wanted = address.parse(text, network)
    for title, script_at in _accounts(keyring, accounts, network, wanted):
        for branch in _BRANCHES:
            for index in indexes:
                if script_at(branch, index) == wanted:
                    return title.format(branch=branch, index=index)
    return None


def _accounts(
    keyring: Keyring, accounts: Sequence[PolicyAccount], network: Network, wanted: bytes
) -> Iterator[tuple[str, ScriptAt]]:
    for purpose, kind in PURPOSES.items():
        if _has_shape(wanted, kind):
            for number in range(ACCOUNTS):
                path = (purpose, network.coin + HARDENED, number + HARDENED)
                yield bare(path) + "/{branch}/{index}", _single(keyring, path, kind)
    for account in accounts:
        title = account.title.replace("{", "{{").replace("}", "}}")
        yield title + ", branch {branch}, index {index}", _policy(account)


def _has_shape(script: bytes, kind: ScriptType) -> bool:
    """Whether a script is of this kind: the others need not be derived."""
    shapes = {
        ScriptType.P2PKH: (25, b"\x76"),
        ScriptType.P2SH: (23, b"\xa9"),
        ScriptType.P2WPKH: (22, b"\x00"),
        ScriptType.P2TR: (34, b"\x51"),
    }
    length, first = shapes[kind]
    return len(script) == length and script[:1] == first


def _single(keyring: Keyring, path: tuple[int, ...], kind: ScriptType) -> ScriptAt:
    account_key = keyring.extended(path)
    branches = [account_key.child(branch) for branch in _BRANCHES]
    return lambda branch, index: (
        single_key_spend_data(kind, branches[branch].child_key(index)).script_pubkey
    )


def _policy(account: PolicyAccount) -> ScriptAt:
    return lambda branch, index: account.policy.spend_data(branch, index).script_pubkey
