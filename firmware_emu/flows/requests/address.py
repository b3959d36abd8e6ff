"""An address of ours, shown whole, so that the host's screen need not be believed (threat T46)."""

from collections.abc import Sequence

from firmware_emu.commands import (
    STEPS_UNUSUAL,
    Fault,
    FaultCode,
    ShowAccountAddress,
    ShowAddress,
    Text,
)
from firmware_emu.flows import Flow, RequestOutcome
from firmware_emu.flows.review import NOTHING, compare
from firmware_emu.screens.notice import Notice
from firmware_emu.storage import account_store
from firmware_emu.storage.account_store import MISSING, StoredAccount
from firmware_emu.storage.vault import Vault
from signer import chains
from signer.keys.keyring import Keyring
from signer.keys.path import Path, render
from signer.review import Fact, Kind, Origin, Page, Shape

WRONG_ADDRESS = Notice(
    "Wrong address",
    (
        "Do not use this address.",
        "The other screen shows one that is not yours: a program there may have changed it.",
        "Give it to nobody.",
    ),
    is_alarm=True,
)
_STEPS_UNUSUAL = Fault(
    FaultCode.BAD_PARAMETERS,
    "Addresses here are at one branch and index below all the keys.",
    STEPS_UNUSUAL,
)


def show_address(command: ShowAddress, keyring: Keyring) -> Flow[RequestOutcome]:
    """The address of a single key, once the person has compared it.

    Raises Declined, and as the signer does.
    """
    chain = chains.load(command.chain)
    text, warnings = chain.address(keyring, command.path, command.variant, command.network)
    path = Fact("path", render(command.path), Origin.DERIVED)
    return (yield from _compare(text, warnings, command.network, path))


def show_account_address(
    command: ShowAccountAddress, vault: Vault, keyring: Keyring
) -> Flow[RequestOutcome]:
    """The address of a registered account, once the person has compared it. Raises as above."""
    stored = _find(command, vault, keyring)
    policies = chains.policy_accounts(command.chain)
    if stored is None or policies is None:
        advice = "Register the account first, or spell its name as it is registered."
        return RequestOutcome(MISSING, Notice("Refused", (MISSING.message, NOTHING, advice)))
    address_index = _address_index(command.steps, len(stored.account.keys))
    if address_index is None:
        return RequestOutcome(_STEPS_UNUSUAL, Notice("Refused", (_STEPS_UNUSUAL.message, NOTHING)))
    branch, index = address_index
    text, warnings = policies.policy_address(stored.record, keyring, branch, index, command.network)
    origin = f'"{stored.name}", branch {branch}, index {index}'
    account = Fact("of account", origin, Origin.POLICY)
    return (yield from _compare(text, warnings, command.network, account))


def _find(command: ShowAccountAddress, vault: Vault, keyring: Keyring) -> StoredAccount | None:
    """The account that a command names, or whose record it hands back."""
    if isinstance(command.account, bytes):
        stored = account_store.recognise(command.account, keyring)
    else:
        stored = account_store.load(vault, keyring).find(command.account)
    return stored if stored and stored.chain == command.chain else None


def _address_index(steps: tuple[Path, ...], keys: int) -> tuple[int, int] | None:
    """The branch and index that all of these steps say, if they do."""
    if len(steps) not in {1, keys} or len(set(steps)) != 1:
        return None
    match steps[0]:
        case (branch, index):
            return branch, index
        case _:
            return None


def _compare(
    text: str, warnings: Sequence[str], network: str, origin: Fact
) -> Flow[RequestOutcome]:
    address = Fact(network, text, Origin.DERIVED, Shape.ADDRESS)
    page = Page(Kind.RECIPIENT, "Your address", (address, origin))
    yield from compare((*map(_warning, warnings), page), WRONG_ADDRESS)
    return RequestOutcome(Text(text))


def _warning(sentence: str) -> Page:
    return Page(Kind.WARNING, "Look twice", (Fact("", sentence, Origin.DERIVED),))
