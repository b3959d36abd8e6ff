"""Who may ask for what, and when: one table, no default."""

from collections.abc import Mapping

from firmware_emu.commands import (
    AddEntropy,
    CheckAddress,
    CheckKeys,
    Command,
    Fault,
    FaultCode,
    GetAccounts,
    GetFingerprint,
    GetInfo,
    GetXpub,
    LoadSeed,
    Logout,
    OpenEnvelope,
    Register,
    RevealEntropy,
    ShowAccountAddress,
    ShowAddress,
    Sign,
    SignMessage,
    Unknown,
    Unlock,
    Unusable,
)
from firmware_emu.effects import State

_ANY_STATE = frozenset(State)
_UNLOCKED = frozenset({State.UNLOCKED})

# An `Unusable` has no row: it is judged as the command it should have been.
ALLOWED: Mapping[type, frozenset[State]] = {
    GetInfo: _ANY_STATE,
    Unlock: _ANY_STATE,
    AddEntropy: _ANY_STATE,
    Logout: _ANY_STATE,
    LoadSeed: _ANY_STATE,
    OpenEnvelope: _ANY_STATE,
    GetFingerprint: _UNLOCKED,
    GetXpub: _UNLOCKED,
    ShowAddress: _UNLOCKED,
    ShowAccountAddress: _UNLOCKED,
    CheckAddress: _UNLOCKED,
    CheckKeys: _UNLOCKED,
    Register: _UNLOCKED,
    GetAccounts: _UNLOCKED,
    Sign: _UNLOCKED,
    SignMessage: _UNLOCKED,
    RevealEntropy: _UNLOCKED,
    Unknown: _UNLOCKED,
}

# While somebody else is asked these wait, and are not looked at again and again (threat T97).
FOR_A_PERSON = (
    ShowAddress,
    ShowAccountAddress,
    CheckAddress,
    CheckKeys,
    LoadSeed,
    OpenEnvelope,
    Register,
    Sign,
    SignMessage,
)

LOCKED = Fault(FaultCode.LOCKED, "The device is locked. Unlock it first.")


def check(state: State, command: Command) -> Fault | None:
    """What a command is answered without being carried out, or None when it may proceed.

    Raises LookupError for a kind of command that has no row.
    """
    kind = command.kind if isinstance(command, Unusable) else type(command)
    if state not in ALLOWED[kind]:
        return LOCKED
    return command.fault if isinstance(command, Unusable | Unknown) else None
