"""Parameters off the wire, and the sentences that Jade's clients look for."""

import json
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.personalities.jade.messages import command
from firmware_emu.personalities.jade.params import BadParameter, Params
from tests.desk import Desk, unlocked_desk

WORDS = (
    "fish",
    "inner",
    "face",
    "ginger",
    "orchard",
    "permit",
    "useful",
    "method",
    "fence",
    "kidney",
    "chuckle",
    "party",
    "favorite",
    "sunset",
    "draw",
    "limb",
    "science",
    "crane",
    "oval",
    "letter",
    "slot",
    "invite",
    "sadness",
    "banana",
)
BUILT = {
    "auth_user",
    "add_entropy",
    "get_xpub",
    "get_receive_address",
    "register_multisig",
    "register_descriptor",
    "get_registered_multisigs",
    "get_registered_multisig",
    "get_registered_descriptors",
    "get_registered_descriptor",
    "sign_psbt",
    "sign_message",
}
# Helpers of methods that are not built: there is never anything for them to help with.
OUT_OF_TURN = {"tx_input", "get_signature", "pin", "ota_data", "ota_complete"}
# A float is no CBOR to us, so the whole message is garbage and never a request.
NOT_READ = {"badauth7", "badepoch5"}

anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(1 << 64), (1 << 64) - 1),
        st.binary(max_size=20),
        st.text(max_size=20),
        st.sampled_from(["testnet", "mainnet", "localtest", "wpkh(k)", "tr(k)", "pkh(k)"]),
    ),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)
names = st.sampled_from(
    [
        "network",
        "path",
        "variant",
        "psbt",
        "entropy",
        "epoch",
        "confidential",
        "subaccount",
        "branch",
        "pointer",
        "multisig_name",
        "descriptor_name",
        "descriptor",
        "datavalues",
        "paths",
        "message",
        "message_file",
        "multisig_file",
        "ae_host_commitment",
        "as_file",
        "nonblocking",
    ]
)


@given(
    st.sampled_from([*sorted(BUILT), "get_version_info", "ping", "logout", "nonsense", "pin"]),
    st.one_of(anything, st.dictionaries(names, anything)),
)
def test_no_parameters_raise(method: str, params: object) -> None:
    assert command(method, params) is not None


@pytest.mark.parametrize("step", [-1, 1 << 32, True, None, "1", 1.0, [1]])
def test_a_step_that_is_no_number_of_32_bits_makes_no_path(step: object) -> None:
    with pytest.raises(BadParameter, match="valid path"):
        Params({"path": [0, step]}).path()


def test_the_longest_path_has_sixteen_steps_and_only_a_xpub_may_have_none() -> None:
    assert Params({"path": [0xFFFFFFFF] * 16}).path() == (0xFFFFFFFF,) * 16
    with pytest.raises(BadParameter):
        Params({"path": [0] * 17}).path()
    with pytest.raises(BadParameter):
        Params({"path": []}).path()
    assert Params({"path": []}).path(may_be_empty=True) == ()


def test_a_null_is_the_same_as_nothing() -> None:
    cable = Desk().plug()
    assert "result" in cable.call("get_version_info", {"nonblocking": None})
    desk = unlocked_desk()
    params = {"network": "testnet", "epoch": None, "suppress_pin_change_confirmation": None}
    assert desk.plug().call("auth_user", params)["result"] is True


def _plain(value: object) -> object:
    """A vector's value as it went over the wire: {"hex": ...} stands for bytes."""
    if isinstance(value, dict):
        if set(value) == {"hex"}:
            return bytes.fromhex(value["hex"])
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _expected(method: str, sentence: str) -> tuple[int, str]:
    """What this device says where Jade says `sentence`."""
    if method in BUILT:
        return -32602, sentence
    return (-32001, "Unexpected method") if method in OUT_OF_TURN else (-32601, "Unknown method")


def test_jades_own_bad_parameters_get_jades_own_sentences(strangers_vectors: Path) -> None:
    cases = json.loads((strangers_vectors / "jade" / "bad_params.json").read_text())
    cable = unlocked_desk(WORDS).plug()
    told = 0
    for case in cases:
        name, method, *params = case["request"]
        message = {"id": name, "method": method}
        if params:
            message["params"] = _plain(params[0])
        cable.send(cbor2.dumps(message))
        if name in NOT_READ:
            assert cable.replies() == []
            cable.desk.tick(2)
            continue
        answers = [answer for answer in cable.replies() if answer["id"] != "00"]
        assert len(answers) == 1, case
        reply = answers[0]
        code, sentence = _expected(method, case["expected_error_contains"])
        assert reply["error"]["code"] == code, case
        assert sentence in reply["error"]["message"], case
        told += method in BUILT
    assert len(cases) == 257
    assert told == 113
