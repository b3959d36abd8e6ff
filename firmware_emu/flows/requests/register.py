"""Registering an account of several keys or conditions: every key read, then kept (threat T40)."""

from collections.abc import Iterator

from firmware_emu.commands import ACCOUNTS_FULL, Fault, FaultCode, Register, Registered
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows import Flow, Pause, RequestOutcome
from firmware_emu.flows.requests.lookalikes import lookalikes
from firmware_emu.flows.review import NOTHING_KEPT, read_all
from firmware_emu.screens.notice import Notice, Wait
from firmware_emu.storage import account_store
from firmware_emu.storage.account_store import AccountStore, StoredAccount, with_account
from firmware_emu.storage.seed_records import LONGEST_ACCOUNT, MOST_ACCOUNTS
from firmware_emu.storage.vault import Vault
from signer import chains
from signer.chains import AccountPolicy
from signer.keys.keyring import Keyring
from signer.review import Fact, Kind, Origin, Page, warning

_LONGEST = LONGEST_ACCOUNT - 64  # what sealing adds is less
_FULL = Fault(
    FaultCode.BAD_PARAMETERS,
    f"{MOST_ACCOUNTS} accounts are registered, and no more fit.",
    ACCOUNTS_FULL,
)
_LONG = Fault(FaultCode.BAD_PARAMETERS, "The account is longer than what fits here.")
_NO_POLICIES = Fault(FaultCode.BAD_PARAMETERS, "This chain has no accounts to register.")
_WAYS_OUT = {
    _FULL: "Forget one: Menu, Registered accounts.",
    _LONG: "Use shorter keys or fewer conditions.",
}


def register(
    command: Register, vault: Vault, keyring: Keyring, pool: EntropyPool
) -> Flow[RequestOutcome]:
    """The record, once every page of the account was accepted and it is in flash. Raises Declined.

    What is registered already, to the letter, is answered at once: some hosts register an account
    before every address of it.
    """
    policies = chains.policy_accounts(command.chain)
    if policies is None:
        return RequestOutcome(_NO_POLICIES, Notice("Refused", (_NO_POLICIES.message, NOTHING_KEPT)))
    store = account_store.load(vault, keyring)
    review = policies.registration(
        command.name, command.template, command.keys, keyring, command.network
    )
    previous = store.find(command.name)
    others = [stored for stored in store.stored if stored is not previous]
    spelled = _spelled(command, review.subject.key_texts)
    if previous and previous.id == review.subject.id:
        if previous.account.spelled != spelled:
            # The same account: how its host writes the keys is told back, and changes nothing else.
            kept = account_store.contents(previous.record, spelled)
            again = with_account(vault, others, kept, keyring, pool.draw(12))
            yield Pause(Wait("Keeping the account."), again)
        return RequestOutcome(Registered(previous.record))
    if fault := _no_room(others, review.subject.encode(), spelled):
        return RequestOutcome(
            fault, Notice("Refused", (fault.message, NOTHING_KEPT, _WAYS_OUT[fault]))
        )
    warnings = (*_unchecked(command), *_warnings(store, previous, review.subject))
    accepted = yield from read_all((*warnings, *review.pages), "register", NOTHING_KEPT)
    record = policies.register(review.approve(accepted[len(warnings) :]), keyring)
    kept = account_store.contents(record, spelled)
    fuller = with_account(vault, others, kept, keyring, pool.draw(12))
    yield Pause(Wait("Keeping the account."), fuller)
    sentence = f'From now on this device signs for "{command.name}".'
    return RequestOutcome(Registered(record), Notice("Registered", (sentence,)))


def _spelled(command: Register, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys as the host wrote them, if that is not how the signer does."""
    spelling = command.spelled or command.keys
    return () if spelling == keys else spelling


def _no_room(others: list[StoredAccount], encoded: bytes, spelled: tuple[str, ...]) -> Fault | None:
    if len(others) >= MOST_ACCOUNTS:
        return _FULL
    length = len(account_store.contents(encoded, spelled))
    return _LONG if length > _LONGEST else None


def _unchecked(command: Register) -> Iterator[Page]:
    if command.is_unchecked:
        yield warning(
            "No checksum",
            "The text had no checksum. With one wrong letter it is another account.",
            "Compare every page that follows with the other cosigners.",
        )


def _warnings(
    store: AccountStore, previous: StoredAccount | None, policy: AccountPolicy
) -> Iterator[Page]:
    yield from store.warnings
    if previous:
        facts = (
            Fact("name", previous.name, Origin.HOST),
            Fact("", "An account of this name is registered, with other keys or conditions."),
            Fact("", "It will be gone, and this one in its place."),
        )
        yield Page(Kind.WARNING, "Replaces another", facts)
    yield from lookalikes(policy, (stored for stored in store.stored if stored is not previous))
