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
from firmware_emu.flows import Flow, Outcome
from firmware_emu.flows.review import NOTHING, read_all
from firmware_emu.screens.notice import Notice
from firmware_emu.storage.account_store import MISSING, bitcoin, shelf
from firmware_emu.storage.vault import Vault
from signer.keys.keyring import Keyring
from signer.keys.path import Path, render
from signer.review import Fact, Kind, Origin, Page, Shape

_NO_PLACE = Fault(
    FaultCode.BAD_PARAMETERS,
    "Addresses here are at one branch and index below all the keys.",
    STEPS_UNUSUAL,
)


def show_address(command: ShowAddress, keyring: Keyring) -> Flow[Outcome]:
    """The address of a single key, once the person has compared it.

    Raises Declined, and as the signer does.
    """
    text, warnings = bitcoin().address(keyring, command.path, command.variant, command.network)
    path = Fact("path", render(command.path), Origin.DERIVED)
    return (yield from _compared(text, warnings, command.network, path))


def show_account_address(
    command: ShowAccountAddress, vault: Vault, keyring: Keyring
) -> Flow[Outcome]:
    """The address of a registered account, once the person has compared it. Raises as above."""
    held = shelf(vault, keyring)
    account = held.find(command.account)
    if account is None:
        advice = "Register the account first, or spell its name as it is registered."
        return Outcome(MISSING, Notice("Refused", (MISSING.message, NOTHING, advice)))
    place = _place(command.steps, len(account.policy.keys))
    if place is None:
        return Outcome(_NO_PLACE, Notice("Refused", (_NO_PLACE.message, NOTHING)))
    branch, index = place
    text, warnings = bitcoin().policy_address(
        account.record, keyring, branch, index, command.network
    )
    told = Fact("of account", f'"{command.account}", branch {branch}, index {index}', Origin.POLICY)
    return (yield from _compared(text, warnings, command.network, told))


def _place(steps: tuple[Path, ...], keys: int) -> tuple[int, int] | None:
    """The branch and index that all of these steps say, if they do."""
    if len(steps) not in {1, keys} or len(set(steps)) != 1:
        return None
    match steps[0]:
        case (branch, index):
            return branch, index
        case _:
            return None


def _compared(text: str, warnings: Sequence[str], network: str, told: Fact) -> Flow[Outcome]:
    address = Fact(network, text, Origin.DERIVED, Shape.ADDRESS)
    page = Page(Kind.RECIPIENT, "Your address", (address, told))
    yield from read_all((*map(_warning, warnings), page), "the same")
    return Outcome(Text(text))


def _warning(sentence: str) -> Page:
    return Page(Kind.WARNING, "Look twice", (Fact("", sentence, Origin.DERIVED),))
