"""Who may ask for what."""

from typing import get_args

import pytest

from firmware_emu.commands import Command, Fault, FaultCode, GetXpub, Unknown, Unlock, Unusable
from firmware_emu.core import access
from firmware_emu.effects import State

KINDS = set(get_args(Command)) - {Unusable}  # an Unusable is judged as what it was meant to be
SECRET = {
    "GetXpub",
    "ShowAddress",
    "ShowAccountAddress",
    "Register",
    "GetAccounts",
    "Sign",
    "SignMessage",
    "RevealEntropy",
    "Unknown",
}


def test_every_state_has_a_row() -> None:
    assert set(access.ALLOWED) == set(State)


def test_an_unlocked_device_may_be_asked_for_everything_there_is() -> None:
    assert access.ALLOWED[State.UNLOCKED] == KINDS


@pytest.mark.parametrize("state", [State.EMPTY, State.LOCKED])
def test_without_keys_only_harmless_things_are_allowed(state: State) -> None:
    assert {kind.__name__ for kind in KINDS - access.ALLOWED[state]} == SECRET


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
    assert access.check(State.UNLOCKED, GetXpub("mainnet", ())) is None
