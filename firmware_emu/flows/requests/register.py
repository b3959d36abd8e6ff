"""Registering an account of several keys or conditions: every key read, then kept (threat T40)."""

from collections.abc import Iterator

from firmware_emu.commands import ACCOUNTS_FULL, Done, Fault, FaultCode, Register
from firmware_emu.entropy_pool import Pool
from firmware_emu.flows import Flow, Outcome, Pause
from firmware_emu.flows.review import NOTHING_KEPT, read_all
from firmware_emu.screens.notice import Notice, Wait
from firmware_emu.storage.account_store import Known, Shelf, bitcoin, shelf, with_account
from firmware_emu.storage.vault import LONGEST_ACCOUNT, MOST_ACCOUNTS, Vault
from signer.keys.keyring import Keyring
from signer.review import Fact, Kind, Origin, Page

_LONGEST = LONGEST_ACCOUNT - 64  # what sealing adds is less
_FULL = Fault(
    FaultCode.BAD_PARAMETERS,
    f"{MOST_ACCOUNTS} accounts are registered, and no more fit.",
    ACCOUNTS_FULL,
)
_LONG = Fault(FaultCode.BAD_PARAMETERS, "The account is longer than what fits here.")
_WAYS_OUT = {
    _FULL: "Forget one: Menu, Registered accounts.",
    _LONG: "Use shorter keys or fewer conditions.",
}


def register(command: Register, vault: Vault, keyring: Keyring, pool: Pool) -> Flow[Outcome]:
    """Done, once every page of the account was accepted and it is in flash. Raises Declined.

    What is registered already, to the letter, is Done at once: some hosts register an account
    before every address of it.
    """
    held = shelf(vault, keyring)
    review = bitcoin().registration(
        command.name, command.template, command.keys, keyring, command.network
    )
    older = held.find(command.name)
    if older and older.policy.id == review.subject.id:
        return Outcome(Done())
    others = [known for known in held.known if known is not older]
    if fault := _no_room(others, review.subject.encode()):
        return Outcome(fault, Notice("Refused", (fault.message, NOTHING_KEPT, _WAYS_OUT[fault])))
    warnings = tuple(_warnings(held, older))
    accepted = yield from read_all((*warnings, *review.pages), "register", NOTHING_KEPT)
    record = bitcoin().register(review.approve(accepted[len(warnings) :]), keyring)
    kept = with_account(vault, others, record, keyring, pool.draw(12))
    yield Pause(Wait("Keeping the account."), keep=kept)
    done = f'From now on this device signs for "{command.name}".'
    return Outcome(Done(), Notice("Registered", (done,)))


def _no_room(others: list[Known], encoded: bytes) -> Fault | None:
    if len(others) >= MOST_ACCOUNTS:
        return _FULL
    return _LONG if len(encoded) > _LONGEST else None


def _warnings(held: Shelf, older: Known | None) -> Iterator[Page]:
    yield from held.warnings
    if older:
        facts = (
            Fact("name", older.policy.name, Origin.HOST),
            Fact("", "An account of this name is registered, with other keys or conditions."),
            Fact("", "It will be gone, and this one in its place."),
        )
        yield Page(Kind.WARNING, "Replaces another", facts)
