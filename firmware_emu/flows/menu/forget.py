"""The registered accounts as a person finds them in the menu, and forgetting one."""

from firmware_emu.flows import Flow, Pause
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Notice, Question, Seen, Wait
from firmware_emu.storage.account_store import Known, shelf, with_only
from firmware_emu.storage.vault import Vault
from signer.keys.keyring import Keyring

_LOST = "✗ changed in memory"  # no account can be called so


def accounts(vault: Vault, keyring: Keyring) -> Flow[None]:
    """Lists what is registered; what is picked may be forgotten."""
    held = shelf(vault, keyring)
    names = [each.policy.name for each in held.known]
    if not vault.accounts:
        yield Notice("Accounts", ("No account of several keys is registered here.",))
        return
    answer = yield Menu("Accounts", (*names, _LOST) if held.lost else tuple(names))
    if isinstance(answer, Picked):
        yield from _forget(vault, answer.item, held.known)


def _forget(vault: Vault, name: str, known: tuple[Known, ...]) -> Flow[None]:
    """Forgets an account if the person holds the key; all that were changed go with it."""
    which = "What was changed in memory." if name == _LOST else f'"{name}"'
    facts = (which, "It can be registered again. No coin is lost.")
    sure = yield Question("Forget the account?", facts, yes="forget", hold=True)
    if isinstance(sure, Seen):
        kept = with_only(vault, (each for each in known if each.policy.name != name))
        yield Pause(Wait("Forgetting it."), keep=kept)
