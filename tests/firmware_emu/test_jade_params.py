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
        [reply] = cable.replies()
        assert reply["id"] == name
        code, sentence = _expected(method, case["expected_error_contains"])
        assert reply["error"]["code"] == code, case
        assert sentence in reply["error"]["message"], case
        told += method in BUILT
    assert len(cases) == 257
    assert told == 114


UNUSED = {
    "half": "f93c00",
    "float": "fa47c35000",
    "double": "fb3ff199999999999a",
    "undefined": "f7",
    "simple": "f0",
    "simple of a byte": "f863",
}


@pytest.mark.parametrize("head", UNUSED.values(), ids=UNUSED)
@pytest.mark.parametrize("place", ["epoch", "nobody_reads_it", "inside a list"])
def test_a_value_that_is_not_used_here_is_answered_never_silence(head: str, place: str) -> None:
    """T99: a client that gets no answer waits for minutes."""
    cable = unlocked_desk().plug()
    item = bytes.fromhex(head)
    value = b"\x81\xa1\x01" + item if place == "inside a list" else item
    params = b"\xa2" + cbor2.dumps("network") + cbor2.dumps("testnet") + cbor2.dumps(place) + value
    head_of_message = b"\xa3" + cbor2.dumps("id") + cbor2.dumps("7") + cbor2.dumps("method")
    cable.send(head_of_message + cbor2.dumps("auth_user") + cbor2.dumps("params") + params)
    [reply] = cable.replies()
    assert (reply["id"], reply["error"]["code"]) == ("7", -32602)
    assert cable.call("ping")["result"] == 0


def test_refused_files_get_jades_own_sentences_to_the_last_letter(strangers_vectors: Path) -> None:
    """Jade's test-suite compares the whole."""
    folder = strangers_vectors / "jade"
    cable = unlocked_desk(WORDS).plug()
    files = [*folder.glob("msgfile_bad_*.json"), *folder.glob("multisig_bad_*.json")]
    for file in sorted(files):
        case = json.loads(file.read_text())
        if name := case["input"].get("multisig_file"):
            text = (folder / name).read_text()
            reply = cable.call("register_multisig", {"multisig_file": text})
        else:
            reply = cable.call("sign_message", {"message_file": case["input"]["filedata"]})
        assert reply["error"]["message"] == case["expected_error"], file.name
        cable.desk.dismiss()
    assert len(files) == 26
