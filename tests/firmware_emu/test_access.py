"""Who may ask for what."""

from typing import get_args

import pytest

from firmware_emu.commands import Command, Fault, FaultCode, GetXpub, Unknown, Unlock, Unusable
from firmware_emu.core import access
from firmware_emu.effects import State

KINDS = set(get_args(Command)) - {Unusable}  # an Unusable is judged as what it was meant to be
SECRET = {
    "GetFingerprint",
    "GetXpub",
    "ShowAddress",
    "ShowAccountAddress",
    "CheckAddress",
    "CheckKeys",
    "Register",
    "GetAccounts",
    "Sign",
    "SignMessage",
    "RevealEntropy",
    "Unknown",
}


def test_every_command_has_a_row() -> None:
    assert set(access.ALLOWED) == KINDS


def test_a_command_without_a_row_is_no_quiet_answer() -> None:
    class Forgotten:
        pass

    with pytest.raises(LookupError):
        access.check(State.UNLOCKED, Forgotten())  # type: ignore[arg-type]


def test_an_unlocked_device_may_be_asked_for_everything_there_is() -> None:
    assert all(State.UNLOCKED in states for states in access.ALLOWED.values())


@pytest.mark.parametrize("state", [State.EMPTY, State.LOCKED])
def test_without_keys_only_harmless_things_are_allowed(state: State) -> None:
    assert {kind.__name__ for kind in KINDS if state not in access.ALLOWED[kind]} == SECRET


def test_a_locked_device_does_not_tell_what_is_wrong_with_a_request() -> None:
    wrong = Fault(FaultCode.BAD_PARAMETERS, "The path is too long.")
    for state in (State.EMPTY, State.LOCKED):
        for command in (Unusable(GetXpub, wrong), Unknown(wrong)):
            fault = access.check(state, command)
            assert fault is not None
            assert fault.code is FaultCode.LOCKED


def test_bad_parameters_are_told_where_the_method_is_allowed() -> None:
    wrong = Fault(FaultCode.BAD_PARAMETERS, "The network is missing.")
    assert access.check(State.LOCKED, Unusable(Unlock, wrong)) == wrong
    assert access.check(State.UNLOCKED, Unusable(GetXpub, wrong)) == wrong
    assert access.check(State.UNLOCKED, GetXpub("bitcoin", "mainnet", ())) is None
