"""The registered accounts as a person finds them in the menu, and forgetting one."""

from firmware_emu.flows import Flow, Pause
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Acknowledged, Notice, Question, Wait
from firmware_emu.storage import account_store
from firmware_emu.storage.account_store import StoredAccount, with_only
from firmware_emu.storage.vault import Vault
from signer.keys.keyring import Keyring

_LOST = "✗ changed in memory"  # no account can be called so


def accounts(vault: Vault, keyring: Keyring) -> Flow[None]:
    """Lists what is registered; what is picked may be forgotten."""
    store = account_store.load(vault, keyring)
    names = [account.name for account in store.stored]
    if not vault.accounts:
        yield Notice("Accounts", ("No account of several keys is registered here.",))
        return
    answer = yield Menu("Accounts", (*names, _LOST) if store.lost else tuple(names))
    if isinstance(answer, Picked):
        yield from _forget(vault, answer.item, store.stored)


def _forget(vault: Vault, name: str, stored: tuple[StoredAccount, ...]) -> Flow[None]:
    """Forgets an account if the person holds the key; all that were changed go with it."""
    subject = "What was changed in memory." if name == _LOST else f'"{name}"'
    facts = (subject, "It can be registered again. No coin is lost.")
    answer = yield Question("Forget the account?", facts, yes="forget", hold=True)
    if isinstance(answer, Acknowledged):
        remaining = with_only(vault, (account for account in stored if account.name != name))
        yield Pause(Wait("Forgetting it."), remaining)
