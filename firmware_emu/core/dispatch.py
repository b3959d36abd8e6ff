"""Which conversation a moment calls for, or which answer a request gets without one."""

from dataclasses import dataclass, field

from firmware_emu.commands import (
    AddEntropy,
    Command,
    Done,
    Fault,
    FaultCode,
    GetAccounts,
    GetInfo,
    GetXpub,
    Info,
    Register,
    Reply,
    RevealEntropy,
    ShowAccountAddress,
    ShowAddress,
    Sign,
    SignMessage,
    Unlock,
)
from firmware_emu.core.refusals import guarded
from firmware_emu.effects import State
from firmware_emu.entropy_pool import Pool
from firmware_emu.flows import Flow, Outcome, Promise
from firmware_emu.flows.menu import home
from firmware_emu.flows.requests.address import show_account_address, show_address
from firmware_emu.flows.requests.message import NOTHING_OWED, reveal, sign_message
from firmware_emu.flows.requests.register import register
from firmware_emu.flows.requests.sign import sign
from firmware_emu.flows.requests.xpub import get_xpub
from firmware_emu.flows.review import NOTHING, NOTHING_KEPT
from firmware_emu.flows.seed.setup import setup
from firmware_emu.flows.seed.unlock import unlock
from firmware_emu.screens import Screen
from firmware_emu.storage import vault
from firmware_emu.storage.account_store import shelf
from firmware_emu.storage.settings import SERIAL_BYTES, Settings
from firmware_emu.storage.vault import Cost, Vault
from signer.errors import Malformed
from signer.keys.keyring import Keyring

_DAMAGED = Fault(FaultCode.INTERNAL, "The memory of the device is damaged.")


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a device holds. `damaged`: the flash is unreadable, and `vault` a new one.

    `promise` is a signature owed to a host that has yet to show its entropy.
    """

    vault: Vault
    cost: Cost
    pool: Pool = field(repr=False)
    keyring: Keyring | None = None
    damaged: bool = False
    promise: Promise | None = None

    @property
    def state(self) -> State:
        if self.keyring:
            return State.UNLOCKED
        return State.LOCKED if self.vault.sealed or self.damaged else State.EMPTY

    @property
    def fingerprint(self) -> str:
        return self.keyring.fingerprint.hex() if self.keyring else ""


def at_power_on(record: bytes | None, cost: Cost, pool: Pool) -> Holdings:
    """What a device holds that finds this record in its flash; None is a flash never written."""
    new = Vault(Settings(pool.draw(SERIAL_BYTES)))
    if record is None:
        return Holdings(new, cost, pool)
    try:
        return Holdings(vault.parse(record), cost, pool)
    except Malformed:
        return Holdings(new, cost, pool, damaged=True)


def own(holdings: Holdings, first: Screen | None = None) -> Flow[None]:
    """The conversation with a person when nobody else asks; `first` is something yet to be read."""
    kept, sealed = holdings.vault, holdings.vault.sealed
    if first is not None:
        yield first
    elif holdings.damaged:
        yield from home.damaged(kept)
    elif sealed is None:
        yield from setup(kept, holdings.cost, holdings.pool)
    elif holdings.keyring is None:
        yield from home.locked(kept, sealed, holdings.pool)
    else:
        yield from home.unlocked(kept, holdings.keyring)


def requested(command: Command, holdings: Holdings) -> Flow[Outcome] | None:
    """The conversation that a request needs, or None when it needs no person."""
    keyring = holdings.keyring
    if keyring is not None:
        return _with_keys(command, holdings, keyring)
    if isinstance(command, Unlock) and not holdings.damaged:
        return _get_ready(holdings)
    return None


def _with_keys(command: Command, holdings: Holdings, keyring: Keyring) -> Flow[Outcome] | None:
    vault, nothing = holdings.vault, NOTHING
    match command:
        case ShowAddress():
            flow = show_address(command, keyring)
        case ShowAccountAddress():
            flow = show_account_address(command, vault, keyring)
        case Register():
            flow, nothing = register(command, vault, keyring, holdings.pool), NOTHING_KEPT
        case Sign():
            flow = sign(command, vault, keyring, holdings.pool)
        case SignMessage():
            flow = sign_message(command, keyring)
        case RevealEntropy() if holdings.promise:
            flow = reveal(command, holdings.promise, keyring)
        case _:
            return None
    return guarded(flow, nothing)


def at_once(command: Command, holdings: Holdings, activity: str) -> Reply:
    """The answer to what needs no person."""
    match command:
        case GetInfo():
            return Info(holdings.state.value, "all", holdings.vault.settings.serial.hex(), activity)
        case GetXpub() if holdings.keyring:
            return get_xpub(command, holdings.keyring)
        case GetAccounts() if holdings.keyring:
            return shelf(holdings.vault, holdings.keyring).told(command.name)
        case RevealEntropy():
            return NOTHING_OWED
        case AddEntropy():
            holdings.pool.stir(command.data)
        case Unlock() if holdings.damaged:
            return _DAMAGED
    return Done()


def _get_ready(holdings: Holdings) -> Flow[Outcome]:
    """A host that wants to unlock waits until the person has done so, or set the device up."""
    kept, sealed = holdings.vault, holdings.vault.sealed
    if sealed is None:
        yield from setup(kept, holdings.cost, holdings.pool)
    else:
        yield from unlock(kept, sealed, holdings.pool)
    return Outcome(Done())
