"""Who may ask for what, and when: one table, no default."""

from collections.abc import Mapping

from firmware_emu.commands import (
    AddEntropy,
    Command,
    Fault,
    FaultCode,
    GetAccounts,
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

_ANYONE = frozenset({GetInfo, Unlock, AddEntropy, Logout})
_ACCOUNTS = frozenset({Register, GetAccounts, ShowAccountAddress})
_SIGNATURES = frozenset({Sign, SignMessage, RevealEntropy})
_OWNER = _ANYONE | _ACCOUNTS | _SIGNATURES | {GetXpub, ShowAddress, Unknown}

ALLOWED: Mapping[State, frozenset[type]] = {
    State.EMPTY: _ANYONE,
    State.LOCKED: _ANYONE,
    State.UNLOCKED: _OWNER,
}

LOCKED = Fault(FaultCode.LOCKED, "The device is locked. Unlock it first.")


def check(state: State, command: Command) -> Fault | None:
    """What a command is answered without being carried out, or None when it may proceed."""
    kind = command.meant if isinstance(command, Unusable) else type(command)
    if kind not in ALLOWED[state]:
        return LOCKED
    return command.fault if isinstance(command, Unusable | Unknown) else None
