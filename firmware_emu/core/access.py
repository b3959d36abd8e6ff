"""Who may ask for what, and when: one table, no default."""

from collections.abc import Mapping

from firmware_emu.commands import (
    AddEntropy,
    Command,
    Fault,
    FaultCode,
    GetAccounts,
    GetFingerprint,
    GetInfo,
    GetXpub,
    Logout,
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

_ALWAYS = frozenset(State)
_WITH_KEYS = frozenset({State.UNLOCKED})

# An `Unusable` has no row: it is judged as the command it should have been.
ALLOWED: Mapping[type, frozenset[State]] = {
    GetInfo: _ALWAYS,
    Unlock: _ALWAYS,
    AddEntropy: _ALWAYS,
    Logout: _ALWAYS,
    GetFingerprint: _WITH_KEYS,
    GetXpub: _WITH_KEYS,
    ShowAddress: _WITH_KEYS,
    ShowAccountAddress: _WITH_KEYS,
    Register: _WITH_KEYS,
    GetAccounts: _WITH_KEYS,
    Sign: _WITH_KEYS,
    SignMessage: _WITH_KEYS,
    RevealEntropy: _WITH_KEYS,
    Unknown: _WITH_KEYS,
}

LOCKED = Fault(FaultCode.LOCKED, "The device is locked. Unlock it first.")


def check(state: State, command: Command) -> Fault | None:
    """What a command is answered without being carried out, or None when it may proceed.

    Raises LookupError for a kind of command that has no row.
    """
    kind = command.kind if isinstance(command, Unusable) else type(command)
    if state not in ALLOWED[kind]:
        return LOCKED
    return command.fault if isinstance(command, Unusable | Unknown) else None
