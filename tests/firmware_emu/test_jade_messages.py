"""Jade's replies: versions, chunks, out of turn; and Jade's own vectors over the wire."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from firmware_emu.commands import FaultCode, ShowAddress, Text, Unusable
from firmware_emu.flows import Flow, RequestOutcome
from firmware_emu.flows.requests.address import show_address
from firmware_emu.personalities.jade import CHUNK
from firmware_emu.personalities.jade.messages import command
from firmware_emu.personalities.jade.sentences import CODES
from firmware_emu.screens.confirm import Yes
from firmware_emu.screens.notice import Notice
from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.formats import cbor
from signer.keys.keyring import Keyring
from tests import psbts
from tests.desk import Cable, Desk, unlocked_desk
from tests.signer.chains.bitcoin.payment.test_jade_psbts import (
    ACROSS,
    OPEN,
    SEVERAL,
    case_of,
    record,
)

WALLETS = {
    "TM": "fish inner face ginger orchard permit useful method fence kidney chuckle party favorite "
    "sunset draw limb science crane oval letter slot invite sadness banana",
    "SS": "paddle puppy easily actor poet apart screen drastic city front predict damp",
}
FIELDS = {
    "JADE_VERSION": str,
    "JADE_OTA_MAX_CHUNK": int,
    "JADE_CONFIG": str,
    "BOARD_TYPE": str,
    "JADE_FEATURES": str,
    "IDF_VERSION": str,
    "CHIP_FEATURES": str,
    "EFUSEMAC": str,
    "ATTESTATION_INITIALISED": bool,
    "BATTERY_STATUS": int,
    "BATTERY_MILLIVOLTS": int,
    "BATTERY_CHARGING": bool,
    "JADE_STATE": str,
    "JADE_NETWORKS": str,
    "JADE_HAS_PIN": bool,
}


def fetch(cable: Cable, first: dict[str, Any], method: str = "sign_psbt") -> bytes:
    """A whole answer, chunk after chunk, as a client asks for it."""
    data = bytes(first["result"])
    for number in range(2, first["seqlen"] + 1):
        params = {
            "origid": first["id"],
            "orig": method,
            "seqnum": number,
            "seqlen": first["seqlen"],
        }
        reply = cable.call("get_extended_data", params)
        assert (reply["seqnum"], reply["seqlen"]) == (number, first["seqlen"])
        data += bytes(reply["result"])
    return data


def signed(desk: Desk, cable: Cable, inputs: int) -> dict[str, Any]:
    """The first chunk of a signed payment of so many inputs."""
    raw = psbts.build(psbts.keyring(), inputs, "wpkh")
    cable.request("sign_psbt", {"network": "localtest", "psbt": raw})
    desk.approve()
    [reply] = cable.replies()
    return reply


# Who it is


@pytest.mark.parametrize(
    ("desk", "state", "has_pin"),
    [
        (Desk(), "UNINIT", False),
        (Desk(unlocked_desk().record), "LOCKED", True),
        (unlocked_desk(), "READY", True),
    ],
)
def test_the_version_has_all_fields_that_clients_read(
    desk: Desk, state: str, *, has_pin: bool
) -> None:
    info = desk.plug().call("get_version_info")["result"]
    assert {name: type(value) for name, value in info.items()} == FIELDS
    assert (info["JADE_STATE"], info["JADE_HAS_PIN"]) == (state, has_pin)
    assert [int(part) for part in info["JADE_VERSION"].split(".")] >= [1, 0, 0]
    assert info["EFUSEMAC"] == info["EFUSEMAC"].upper()


def test_every_fault_has_its_own_code() -> None:
    assert set(CODES) == set(FaultCode)
    assert len(set(CODES.values())) == len(FaultCode)


# Turns


@pytest.mark.parametrize(
    "method", ["pin", "tx_input", "get_signature", "ota_data", "ota_complete", "get_extended_data"]
)
def test_a_helper_out_of_turn_is_told_so(method: str) -> None:
    error = {"code": -32001, "message": "Unexpected method"}
    assert unlocked_desk().plug().call(method, {})["error"] == error


def test_an_unknown_method_is_told_so() -> None:
    error = {"code": -32601, "message": "Unknown method"}
    assert unlocked_desk().plug().call("get_blinding_key")["error"] == error


def test_cancel_has_no_reply() -> None:
    cable = unlocked_desk().plug()
    cable.request("cancel")
    assert cable.replies() == []
    assert cable.call("ping")["result"] == 0


def test_a_constant_id_is_echoed_every_time() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    for _ in range(3):
        cable.request("ping", name="4711")
    assert [reply["id"] for reply in cable.replies()] == ["4711"] * 3


# Extended data


def test_a_long_answer_comes_in_chunks_that_make_the_whole() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    first = signed(desk, cable, 20)
    assert first["seqlen"] > 2
    assert len(first["result"]) == CHUNK
    raw = psbts.build(psbts.keyring(), 20, "wpkh")
    assert fetch(cable, first) == psbts.sign(raw, psbts.keyring())


def test_no_reply_is_longer_than_jades_longest() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    first = signed(desk, cable, 20)
    assert len(cbor.encode(first)) <= 3072


def test_the_rest_of_an_answer_survives_a_reconnect() -> None:
    desk = unlocked_desk()
    cable = desk.fresh_port()
    first = signed(desk, cable, 20)
    for number in range(2, first["seqlen"] + 1):
        cable.pull()
        cable = desk.fresh_port()
        params = {"origid": first["id"], "orig": "sign_psbt", "seqnum": number}
        reply = cable.call("get_extended_data", params | {"seqlen": first["seqlen"]})
        assert reply["seqnum"] == number


@pytest.mark.parametrize(
    "wrong",
    [
        {"seqnum": 3},
        {"seqnum": 1},
        {"seqlen": 2},
        {"origid": "x"},
        {"orig": "sign_tx"},
        {"seqnum": None},
    ],
)
def test_a_wrong_continuation_is_refused_and_the_rest_is_dropped(wrong: dict[str, Any]) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    first = signed(desk, cable, 20)
    right = {"origid": first["id"], "orig": "sign_psbt", "seqnum": 2, "seqlen": first["seqlen"]}
    error = {"code": -32001, "message": "Mismatched fields in 'get_extended_data' message"}
    assert cable.call("get_extended_data", right | wrong)["error"] == error
    assert cable.call("get_extended_data", right)["error"]["message"] == "Unexpected method"


@pytest.mark.parametrize(
    ("method", "kept"),
    [("ping", True), ("add_entropy", False), ("get_xpub", False), ("logout", False)],
)
def test_another_request_drops_the_rest_and_a_ping_does_not(method: str, *, kept: bool) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    first = signed(desk, cable, 20)
    cable.call(method, {"entropy": b"x"})
    params = {"origid": first["id"], "orig": "sign_psbt", "seqnum": 2, "seqlen": first["seqlen"]}
    assert ("result" in cable.call("get_extended_data", params)) is kept


def test_after_locking_nobody_comes_back_for_the_rest() -> None:
    desk = unlocked_desk()
    cable = desk.fresh_port()
    first = signed(desk, cable, 20)
    cable.pull()
    desk.dismiss()
    desk.lock()
    params = {"origid": first["id"], "orig": "sign_psbt", "seqnum": 2, "seqlen": first["seqlen"]}
    assert desk.fresh_port().call("get_extended_data", params)["error"]["code"] == -32002


# Nothing to sign


@pytest.mark.parametrize(
    ("coin", "signs_first", "why"),
    [
        (psbts.OTHER, False, "The coins of this payment are not yours."),
        (psbts.ABANDON, True, "Everything is signed already."),
    ],
)
def test_with_nothing_to_sign_the_request_comes_back_as_it_was_and_a_person_reads_why(
    coin: str, signs_first: bool, why: str
) -> None:
    keys = psbts.keyring(coin)
    asked = psbts.draft(keys, 20).encode()  # too long for one message
    raw = psbts.sign(asked, keys) if signs_first else asked
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("sign_psbt", {"network": "localtest", "psbt": raw})
    [reply] = cable.replies()
    assert reply["seqlen"] > 1
    assert fetch(cable, reply) == raw
    assert isinstance(desk.screen, Notice)
    read = " ".join(desk.text.split())
    assert "Nothing to sign" in read
    assert f"{why} Nothing was signed." in read


# Jade's vectors

# Refused here, and why. Before an account of several keys is registered all of its are, below.
_SERVICE = "that is not registered here"  # keys of 33 steps, which are no policy
DELIBERATE = {
    "psbt_tm_green_multisig_2of2csv": _SERVICE,
    "psbt_tm_green_multisig_2of3": _SERVICE,
    "psbt_tm_green_multisig_2of3_recovery_signing_full_path": _SERVICE,
    # Mainnet payments of coins below coin type 1.
    "psbt_tm_multisig_partial_segwit": "another network",
    "psbt_tm_multisig_segwit_many_inputs": "another network",
}

# It names other keys than ours: handed back as it came.
WITHOUT_US = {"psbt_tm_green_multisig_2of3_recovery_signing"}


def test_jades_payments_are_signed_as_jade_signs_them_or_refused_on_purpose(
    strangers_vectors: Path,
) -> None:
    same = []
    for file in sorted((strangers_vectors / "jade").glob("psbt_*.json")):
        case = json.loads(file.read_text())
        wallet = WALLETS["TM" if file.stem.startswith("psbt_tm") else "SS"]
        desk = unlocked_desk(tuple(wallet.split()))
        cable = desk.plug()
        asked = case["input"] | {"psbt": base64.b64decode(case["input"]["psbt"])}
        if file.stem in SEVERAL and file.stem not in ACROSS:
            cable.request("sign_psbt", asked)
            assert "not registered here" in cable.replies()[0]["error"]["message"]
            desk.dismiss()
            register(desk, cable, file.stem, case["input"]["network"])
        cable.request("sign_psbt", asked)
        desk.approve()
        [reply] = cable.replies()
        desk.dismiss()
        if file.stem in WITHOUT_US:
            assert fetch(cable, reply) == asked["psbt"]
        elif file.stem in DELIBERATE:
            assert DELIBERATE[file.stem] in reply["error"]["message"], file.stem
        else:
            expected = base64.b64decode(case["expected_output"]["psbt"])
            if file.stem == OPEN:
                expected = expected.replace(b"\x01\x06\x01\x03", b"\x01\x06\x01\x00")
            assert fetch(cable, reply) == expected, file.stem
            same.append(file.stem)
    assert (len(same), len(DELIBERATE)) == (17, 5)


def register(desk: Desk, cable: Cable, name: str, network: str) -> None:
    """The account of a case, registered as a descriptor with the keys the case names."""
    case = case_of(name)
    account = POLICY_ACCOUNTS.registered(record(name, case), case.keys).policy
    keys = {f"@{n}": key.render(account.network) for n, key in enumerate(account.keys)}
    named = {"network": network, "descriptor_name": "case", "descriptor": account.template}
    cable.request("register_descriptor", named | {"datavalues": keys})
    desk.approve()
    assert cable.replies()[0]["result"] is True
    desk.dismiss()


def test_jades_xpubs_are_ours(strangers_vectors: Path) -> None:
    inline = json.loads((strangers_vectors / "jade" / "inline.json").read_text())["inline"]
    cable = unlocked_desk(tuple(WALLETS["TM"].split())).plug()
    answers = {True: 0, False: 0}
    for path, network, xpub in inline["GET_XPUB_DATA"]:
        reply = cable.call("get_xpub", {"network": network, "path": path})
        bitcoin = "liquid" not in network
        answers[bitcoin] += 1
        assert reply["result"] == xpub if bitcoin else "network" in reply["error"]["message"]
    assert answers == {True: 6, False: 4}


def test_jades_addresses_are_ours_or_refused_on_purpose(strangers_vectors: Path) -> None:
    """Jade's seed for these is no mnemonic, so the conversation is had without a device."""
    vectors = json.loads((strangers_vectors / "jade" / "inline.json").read_text())
    keys = Keyring(bytearray.fromhex(vectors["wallets"]["SEED_SINGLE_SIG_hex"]))
    same = 0
    for network, variant, confidential, path, address in vectors["inline"][
        "GET_SINGLE_SIG_ADDR_DATA"
    ]:
        params = {"network": network, "variant": variant, "path": path}
        asked = command("get_receive_address", params | {"confidential": confidential})
        if "liquid" not in network:
            assert isinstance(asked, ShowAddress)
            assert told(show_address(asked, keys)) == address
            same += 1
        else:
            assert isinstance(asked, Unusable)
    assert same == 9


def sign_message(desk: Desk, given: dict[str, Any]) -> dict[str, Any]:
    """The reply to a message of a vector."""
    cable = desk.fresh_port()
    if file := given.get("filedata"):
        cable.request("sign_message", {"message_file": file})
    else:
        commitment = given.get("ae_host_commitment")
        ours = {"ae_host_commitment": bytes.fromhex(commitment)} if commitment else {}
        asked = {"path": given["path"], "message": given["message"]}
        cable.request("sign_message", asked | ours)
    desk.approve()
    replies = cable.replies()
    if entropy := given.get("ae_host_entropy"):
        params = {"ae_host_entropy": bytes.fromhex(entropy)}
        point = replies[0]["result"].hex()
        return {"result": [point, cable.call("get_signature", params)["result"]]}
    return dict(replies[0])


def test_jades_messages_are_signed_as_jade_signs_them(strangers_vectors: Path) -> None:
    desk = unlocked_desk(tuple(WALLETS["TM"].split()))
    same = {"msg": 0, "msgfile": 0, "refused": 0}
    for file in sorted((strangers_vectors / "jade").glob("msg*_*.json")):
        case = json.loads(file.read_text())
        reply = sign_message(desk, case["input"])
        desk.dismiss()
        if "expected_error" in case:
            assert case["expected_error"] in reply["error"]["message"], file.stem
            same["refused"] += 1
        else:
            assert reply["result"] == case["expected_output"], file.stem
            same[file.stem.split("_")[0]] += 1
    assert same == {"msg": 4, "msgfile": 5, "refused": 9}


def told(flow: Flow[RequestOutcome]) -> str:
    """What a flow answers a person who accepts everything."""
    next(flow)
    outcome = None
    while outcome is None:
        try:
            flow.send(Yes())
        except StopIteration as end:
            outcome = end.value
    assert isinstance(outcome.reply, Text)
    return outcome.reply.text
