"""An account to register that a person may take for one of those that are there (T146)."""

from collections.abc import Iterable, Iterator
from typing import Final

from firmware_emu.commands import AccountDetails
from firmware_emu.storage.account_store import StoredAccount
from signer.chains import AccountPolicy
from signer.review import Page, warning

_LETTERS_ALIKE: Final = str.maketrans("0185i|_", "olbsll-")


def lookalikes(policy: AccountPolicy, registered: Iterable[StoredAccount]) -> Iterator[Page]:
    """A warning for each account that has all keys but one, or a name that looks the same."""
    for account in registered:
        swapped_key = _swapped_key(policy, account.account)
        if swapped_key:
            yield warning(
                "Looks like another",
                f'It is as "{account.name}", but key {swapped_key} is another.',
                "Whoever has that key is a new signer of this account.",
                "Compare it with its owner's device.",
            )
        elif _outline(policy.name) == _outline(account.name):
            yield warning(
                "Looks like another",
                f'"{policy.name}" is nearly the name of "{account.name}".',
                "They are two accounts. Better give this one another name.",
            )


def _swapped_key(policy: AccountPolicy, account: AccountDetails) -> int:
    """The number of the only key, from 1, that the account does not have; 0 if it is not so."""
    if (policy.template, policy.network_name) != (account.template, account.network):
        return 0
    keys = enumerate(policy.key_texts, 1)
    numbers = [number for number, key in keys if key not in account.keys]
    return numbers[0] if len(numbers) == 1 < len(account.keys) else 0


def _outline(name: str) -> str:
    """A name as a quick eye reads it."""
    return name.casefold().translate(_LETTERS_ALIKE).replace("rn", "m")
