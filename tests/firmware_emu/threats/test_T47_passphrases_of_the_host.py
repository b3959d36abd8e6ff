"""T47: a host that types the passphrase can hold the coins of an altered one to ransom."""

import dataclasses
import typing
from pathlib import Path

import pytest

from firmware_emu import commands, personalities
from firmware_emu.flows.seed import keys
from signer.keys.keyring import Keyring
from signer.keys.seeds import mnemonic
from tests.desk import ABANDON, unlocked_desk


def test_no_command_carries_a_passphrase_words_or_a_pin() -> None:
    """What opens a wallet is entered on the device or held up to its camera (T125): no cable."""
    for command in set(typing.get_args(commands.Command)) - {commands.LoadSeed}:
        fields = {field.name for field in dataclasses.fields(command)}
        assert not {name for name in fields if name in {"passphrase", "words", "pin", "seed"}}


@pytest.mark.parametrize("command", [commands.LoadSeed, commands.OpenEnvelope])
def test_no_cable_loads_a_seed(command: type) -> None:
    rooms = Path(personalities.__file__).parent
    files = [file for file in rooms.rglob("*.py") if command.__name__ in file.read_text()]
    assert {file.parent.name for file in files} == {"air"}


def test_none_is_used_that_was_not_entered_on_the_device() -> None:
    """After unlocking the keys are those of the words alone; then see T129."""
    entropy = mnemonic.entropy_from_words(ABANDON)
    plain = Keyring(mnemonic.seed_from_words(ABANDON))
    other = Keyring(mnemonic.seed_from_words(ABANDON, "TREZOR"))
    assert keys.keyring(entropy).fingerprint == plain.fingerprint != other.fingerprint


@pytest.mark.parametrize("name", ["passphrase", "password", "mnemonic"])
def test_what_a_host_sends_as_one_changes_no_key(name: str) -> None:
    desk = unlocked_desk()
    before = desk.shown[-1].fingerprint
    cable = desk.plug()
    root = {"network": "localtest", "path": []}
    asked = cable.call("get_xpub", root)["result"]
    cable.call("auth_user", {"network": "localtest", name: "secret"})
    assert cable.call("get_xpub", root | {name: "secret"})["result"] == asked
    assert desk.shown[-1].fingerprint == before


@pytest.mark.parametrize("method", ["set_passphrase", "debug_set_mnemonic", "set_seed"])
def test_no_method_sets_one(method: str) -> None:
    cable = unlocked_desk().plug()
    reply = cable.call(method, {"passphrase": "secret", "mnemonic": "zoo"})
    assert reply["error"]["code"] == -32601
