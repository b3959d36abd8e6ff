"""Which conversation a moment calls for, or which answer a request gets without one.

No match here has a default: a command that is forgotten is a type error, not an answer.
"""

from firmware_emu.commands import (
    AddEntropy,
    CheckAddress,
    CheckKeys,
    Command,
    Done,
    Fault,
    FaultCode,
    Fingerprint,
    GetAccounts,
    GetFingerprint,
    GetInfo,
    GetXpub,
    Info,
    LoadSeed,
    Logout,
    OpenEnvelope,
    Register,
    Reply,
    RevealEntropy,
    ShowAccountAddress,
    ShowAddress,
    Sign,
    SignMessage,
    Unknown,
    Unlock,
    Unusable,
)
from firmware_emu.core import access
from firmware_emu.core.refusals import guarded
from firmware_emu.core.state import DeviceState
from firmware_emu.flows import Flow, RequestOutcome, Unlocked
from firmware_emu.flows.menu import home
from firmware_emu.flows.menu.session import session
from firmware_emu.flows.requests.address import show_account_address, show_address
from firmware_emu.flows.requests.check import check_address, check_keys
from firmware_emu.flows.requests.message import NOTHING_PENDING, reveal, sign_message
from firmware_emu.flows.requests.owner import sign_by_owner
from firmware_emu.flows.requests.register import register
from firmware_emu.flows.requests.xpub import get_xpub, needs_person, show_xpub
from firmware_emu.flows.review import NOTHING, NOTHING_KEPT
from firmware_emu.flows.seed.load import load_seed
from firmware_emu.flows.seed.setup import setup
from firmware_emu.flows.seed.unlock import unlock
from firmware_emu.screens import Screen
from firmware_emu.screens.notice import Notice
from firmware_emu.storage import account_store, networks
from firmware_emu.storage.vault import Vault
from signer.keys.keyring import Keyring

_NO_NETWORK = Fault(FaultCode.WRONG_NETWORK, "This device does not know that network.")
_DAMAGED = Fault(FaultCode.INTERNAL, "The memory of the device is damaged.")
_NO_WALLET = Notice("No wallet", ("This device has no wallet yet. What was shown needs one.",))

_OnNetwork = GetXpub | ShowAddress | ShowAccountAddress | CheckAddress | CheckKeys | Register | Sign
_WithKeys = _OnNetwork | SignMessage | RevealEntropy


def idle_flow(device: DeviceState, screen: Screen | None = None) -> Flow[None]:
    """The conversation with a person when nobody else asks; `screen` is yet to be read."""
    sealed = device.vault.sealed
    if screen is not None:
        yield screen
    elif device.damaged:
        yield from home.damaged(device.vault)
    elif device.keyring and sealed is None:
        keys = Unlocked(device.keyring, device.label)
        yield from session(device.vault, keys, device.seeds, device.pool, device.notes)
    elif sealed is None:
        yield from setup(device.vault, device.cost, device.pool)
    elif device.keyring is None:
        yield from home.locked(device.vault, sealed, device.pool, device.notes)
    else:
        keys = Unlocked(device.keyring, device.label)
        yield from home.unlocked(device.vault, sealed, keys, device.pool, device.notes)


def unknown_network(command: Command) -> Fault | None:
    """What a command for a chain or a network that there is not is answered."""
    match command:
        case GetXpub() | ShowAddress() | ShowAccountAddress() | Register() | Sign():
            return None if networks.exists(command.chain, command.network) else _NO_NETWORK
        case CheckAddress() | CheckKeys():
            return None if networks.exists(command.chain, command.network) else _NO_NETWORK
        case SignMessage():
            return None if networks.exists(command.chain, command.network) else _NO_NETWORK
        case GetInfo() | Unlock() | AddEntropy() | GetFingerprint() | GetAccounts():
            return None
        case RevealEntropy() | LoadSeed() | OpenEnvelope() | Logout() | Unknown() | Unusable():
            return None


def flow_for(command: Command, device: DeviceState) -> Flow[RequestOutcome] | None:
    """The conversation that a command needs, or None when it needs no person."""
    match command:
        case Unlock(is_for_code):
            is_ready = device.keyring or device.damaged
            return None if is_ready else _get_ready(device, is_for_code=is_for_code)
        case LoadSeed() | OpenEnvelope():
            is_new = device.vault.sealed is None and not device.damaged
            return load_seed(command, device.vault, device.cost, device.pool) if is_new else None
        case GetXpub() | ShowAddress() | ShowAccountAddress() | Register() | Sign():
            return _guarded_flow(command, device) if device.keyring else None
        case SignMessage() | RevealEntropy() | CheckAddress() | CheckKeys():
            return _guarded_flow(command, device) if device.keyring else None
        case GetInfo() | AddEntropy() | GetFingerprint() | GetAccounts() | Logout():
            return None
        case Unknown() | Unusable():
            return None


def _guarded_flow(command: _WithKeys, device: DeviceState) -> Flow[RequestOutcome] | None:
    flow = _flow_with_keys(command, device, device.keyring) if device.keyring else None
    nothing = NOTHING_KEPT if isinstance(command, Register) else NOTHING
    network = _network(command)
    is_own_network = network is not None and network in device.profile.networks.items()
    return guarded(flow, nothing, is_own_network=is_own_network) if flow else None


def _flow_with_keys(
    command: _WithKeys, device: DeviceState, keyring: Keyring
) -> Flow[RequestOutcome] | None:
    match command:
        case GetXpub():
            return show_xpub(command, keyring) if needs_person(command) else None
        case ShowAddress():
            return show_address(command, keyring)
        case ShowAccountAddress():
            return show_account_address(command, device.vault, keyring)
        case CheckAddress():
            return check_address(command, device.vault, keyring)
        case CheckKeys():
            return check_keys(command, keyring)
        case Register():
            return register(command, device.vault, keyring, device.pool)
        case Sign():
            return sign_by_owner(command, device.vault, keyring, device.seeds, device.pool)
        case SignMessage():
            return sign_message(command, keyring)
        case RevealEntropy():
            return reveal(command, device.pending, keyring) if device.pending else None


def _network(command: _WithKeys) -> tuple[str, str] | None:
    """The chain and the network that a command is for, where it says so."""
    match command:
        case GetXpub() | ShowAddress() | ShowAccountAddress() | Register() | Sign():
            return command.chain, command.network
        case CheckAddress() | CheckKeys():
            return command.chain, command.network
        case SignMessage() | RevealEntropy():
            return None


def immediate_reply(command: Command, device: DeviceState, activity: str) -> Reply:
    """The answer to what needs no person."""
    match command:
        case GetInfo():
            return Info(device.state.value, "all", device.vault.settings.serial.hex(), activity)
        case AddEntropy(data):
            device.pool.stir(data)
            return Done()
        case Unlock():
            return _DAMAGED if device.damaged else Done()
        case GetFingerprint() | GetXpub() | GetAccounts():
            return _public(command, device.vault, device.keyring)
        case RevealEntropy():
            return NOTHING_PENDING
        case LoadSeed() | OpenEnvelope():
            return _has_seed(command)
        case Logout():
            return Done()
        case Unknown() | Unusable():
            return command.fault
        case (
            ShowAddress()
            | ShowAccountAddress()
            | Register()
            | Sign()
            | SignMessage()
            | (CheckAddress() | CheckKeys())
        ):
            return access.LOCKED  # with keys a person is asked


def _has_seed(command: LoadSeed | OpenEnvelope) -> Fault:
    """What a device says to a seed that it did not ask for."""
    if isinstance(command, LoadSeed):
        command.words.erase()
        subject = command.form
    else:
        subject = "code of an encrypted seed"
    return Fault(
        FaultCode.BAD_PARAMETERS,
        f"That was a seed ({subject}). This device has a seed already, and kept nothing of it.",
    )


def _public(
    command: GetFingerprint | GetXpub | GetAccounts, vault: Vault, keyring: Keyring | None
) -> Reply:
    """What an unlocked device tells without asking."""
    if keyring is None:
        return access.LOCKED
    match command:
        case GetFingerprint():
            return Fingerprint(keyring.fingerprint)
        case GetXpub():
            return get_xpub(command, keyring)
        case GetAccounts():
            return account_store.load(vault, keyring).accounts(command.name)


def _get_ready(device: DeviceState, *, is_for_code: bool) -> Flow[RequestOutcome]:
    """A host that wants to unlock waits until the person has done so, or set the device up."""
    sealed = device.vault.sealed
    if sealed is None:
        if is_for_code:
            yield _NO_WALLET
        yield from setup(device.vault, device.cost, device.pool)
    else:
        yield from unlock(device.vault, sealed, device.pool)
    return RequestOutcome(Done())
