"""Accounts of several keys by Jade's methods: its vectors, its lists, its file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.commands import AccountDetails
from firmware_emu.personalities.jade import multisig
from firmware_emu.personalities.jade.params import LONGEST_NAME, BadParameter
from firmware_emu.screens.confirm import Confirm
from signer.formats import multisig_file
from tests import psbts
from tests.desk import Cable, Desk, unlocked_desk
from tests.firmware_emu.test_jade_messages import WALLETS
from tests.signer.test_multisig_file import FILE

WORDS = tuple(WALLETS["TM"].split())
DESK = unlocked_desk()
_TOGETHER = "at one branch and index below all the keys"

# Others' keys that are not at the path their origins say, as their depth and number go (T41).
WARNED = {
    "multisig_reg_matches_ga_2of2",
    "multisig_reg_ss_matches_ga_2of3",
    "descriptor_ss_liana_long_script",
    "multisig_file_bw",
    "multisig_file_jade",
    "multisig_file_nunchuk",
    "multisig_file_p2sh",
    "multisig_file_p2sh-p2wsh",
    "multisig_file_p2wsh",
    "multisig_file_p2wsh-p2sh",
    "multisig_file_specter",
}
# Addresses whose signers go different ways: no policy says them.
APART = {("multisig_reg_ss_p2sh", 0), ("multisig_reg_ss_p2sh", 1)}
APART |= {("multisig_reg_ss_wsh_sorted", number) for number in range(3)}
# One step below their keys, where a policy has two.
APART |= {("multisig_reg_matches_ga_2of2", number) for number in range(3)}
APART |= {("multisig_reg_ss_matches_ga_2of3", number) for number in range(3)}


def cases(folder: Path, pattern: str) -> dict[str, Any]:
    found = sorted((folder / "jade").glob(pattern))
    return {file.stem: json.loads(file.read_text()) for file in found}


def asked(desk: Desk, cable: Cable, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The reply, after a person has accepted all there is to accept."""
    cable.request(method, params)
    desk.approve()
    [reply] = cable.replies()
    desk.dismiss()
    return dict(reply)


def is_warned(desk: Desk) -> bool:
    """Whether a person read that another's key is not where its origin says."""
    return any("Key out of place" in shown.screen.lines()[0] for shown in desk.shown)


def registration(case: dict[str, Any]) -> dict[str, Any]:
    """The parameters of register_multisig, with bytes where the file has their digits."""
    told = dict(case["input"])
    signers = [
        one | {"fingerprint": bytes.fromhex(one["fingerprint"])}
        for one in told["descriptor"]["signers"]
    ]
    return told | {"descriptor": told["descriptor"] | {"signers": signers}}


def test_jades_multisigs_have_jades_addresses(
    strangers_vectors: Path,
) -> None:
    same = 0
    for name, case in cases(strangers_vectors, "multisig_reg_*.json").items():
        desk = unlocked_desk(WORDS)
        cable = desk.plug()
        params = registration(case)
        reply = asked(desk, cable, "register_multisig", params)
        assert reply["result"] is True, name
        assert is_warned(desk) == (name in WARNED), name
        multisig_name = {"multisig_name": params["multisig_name"]}
        told_back = cable.call("get_registered_multisig", multisig_name)["result"]
        given = params["descriptor"] | {"master_blinding_key": b""}
        assert told_back == multisig_name | {"descriptor": {"sorted": False} | given}
        where = {key: params[key] for key in ("network", "multisig_name")}
        for number, test in enumerate(case["address_tests"]):
            reply = asked(desk, cable, "get_receive_address", where | {"paths": test["paths"]})
            if (name, number) in APART:
                assert _TOGETHER in reply["error"]["message"]
            else:
                assert reply["result"] == test["expected_address"]
                same += 1
    assert same == 10


def test_jades_descriptors_have_jades_addresses(
    strangers_vectors: Path,
) -> None:
    same = 0
    for name, case in cases(strangers_vectors, "descriptor_*.json").items():
        desk = unlocked_desk(WORDS)
        cable = desk.plug()
        params = {k: v for k, v in case["input"].items() if k != "multisig_equivalent"}
        reply = asked(desk, cable, "register_descriptor", params)
        assert reply["result"] is True, name
        assert is_warned(desk) == (name in WARNED), name
        where = {key: params[key] for key in ("network", "descriptor_name")}
        for test in case["address_tests"]:
            place = {"branch": test["branch"], "pointer": test["pointer"]}
            reply = asked(desk, cable, "get_receive_address", where | place)
            assert reply["result"] == test["expected_address"]
            same += 1
        listed = cable.call("get_registered_descriptors")["result"]
        size = {
            "descriptor_len": len(params["descriptor"]),
            "num_datavalues": len(params["datavalues"]),
        }
        assert listed == {params["descriptor_name"]: size}
        named = {"descriptor_name": params["descriptor_name"]}
        told = cable.call("get_registered_descriptor", named)["result"]
        assert told == named | {
            "descriptor": params["descriptor"],
            "datavalues": params["datavalues"],
        }
    assert same == 24


def test_files_of_many_wallets_say_what_jade_reads_in_them(strangers_vectors: Path) -> None:
    read = 0
    for name, case in cases(strangers_vectors, "multisig_file_*.json").items():
        text = (strangers_vectors / "jade" / case["input"]["multisig_file"]).read_text()
        file = multisig_file.parse(text)
        expected = dict(case["expected_result"])
        expected.pop("master_blinding_key", None)  # for another network's amounts: not kept
        told = dict(multisig.summary(multisig.of_file(file)))
        assert told.pop("master_blinding_key") == b""
        short = file.name.replace(" ", "_")[:LONGEST_NAME]
        assert {"multisig_name": short} | told == expected, name
        read += 1
    assert read == 9


def test_files_are_registered_or_refused_as_jade_does(strangers_vectors: Path) -> None:
    kept = refused = 0
    for name, case in cases(strangers_vectors, "multisig_*file_*.json").items():
        desk = unlocked_desk(WORDS)
        cable = desk.plug()
        text = (strangers_vectors / "jade" / case["input"]["multisig_file"]).read_text()
        reply = asked(desk, cable, "register_multisig", {"multisig_file": text})
        if "error" in reply:
            assert case["expected_error"] in reply["error"]["message"], name
            refused += 1
            continue
        assert is_warned(desk) == (name in WARNED), name
        named = case["expected_result"]["multisig_name"]
        listed = cable.call("get_registered_multisigs")["result"]
        assert listed[named] | {"multisig_name": named} == case["expected_result"] | {
            "master_blinding_key": b""
        }
        params = {"multisig_name": named, "as_file": True}
        written = cable.call("get_registered_multisig", params)["result"]["multisig_file"]
        assert multisig_file.parse(written) == replace(multisig_file.parse(text), name=named)
        kept += 1
    assert (kept, refused) == (9, 17)


# A multisig of two keys of everybody's test seed.

FINGERPRINT = bytes.fromhex("73c5da0a")
H = 1 << 31


def signers(cable: Cable) -> list[dict[str, Any]]:
    ways = [[48 + H, 1 + H, H, 2 + H], [48 + H, 1 + H, 1 + H, 2 + H]]
    found = []
    for way in ways:
        xpub = cable.call("get_xpub", {"network": "localtest", "path": way})["result"]
        one = {"fingerprint": FINGERPRINT, "derivation": way, "xpub": xpub, "path": []}
        found.append(one)
    return found


def pair(cable: Cable, **changes: object) -> dict[str, Any]:
    told = {"variant": "wsh(multi(k))", "sorted": True, "threshold": 2, "signers": signers(cable)}
    return {"network": "localtest", "multisig_name": "pair", "descriptor": told | changes}


def test_a_registered_multisig_is_told_as_it_was_registered() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    params = pair(cable)
    assert asked(desk, cable, "register_multisig", params)["result"] is True
    named = {"multisig_name": "pair"}
    told = cable.call("get_registered_multisig", named)["result"]
    assert told == named | {"descriptor": params["descriptor"] | {"master_blinding_key": b""}}


def test_registering_the_same_again_asks_nothing() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked(desk, cable, "register_multisig", pair(cable))
    seen = len(desk.shown)
    assert cable.call("register_multisig", pair(cable))["result"] is True
    assert not any("Register" in show.screen.lines()[0] for show in desk.shown[seen:])


def test_a_path_below_a_key_is_part_of_the_way_to_it() -> None:
    """Jade's signers may have one; the account is the same as with the keys that lie there."""
    desk = unlocked_desk()
    cable = desk.plug()
    below = [one | {"path": [3]} for one in signers(cable)]
    asked(desk, cable, "register_multisig", pair(cable, signers=below))
    told = cable.call("get_registered_multisig", {"multisig_name": "pair"})["result"]
    assert told["descriptor"]["signers"] == below
    way = [48 + H, 1 + H, H, 2 + H, 3]
    xpub = cable.call("get_xpub", {"network": "localtest", "path": way})["result"]
    as_file = {"multisig_name": "pair", "as_file": True}
    assert xpub in cable.call("get_registered_multisig", as_file)["result"]["multisig_file"]


@pytest.mark.parametrize(
    "paths", [[[0, 1], [0, 2]], [[0, 1]] * 3, [[1], [1]], [[0, 1, 2]] * 2, [[], []]]
)
def test_signers_that_go_different_ways_have_no_address(paths: list[list[int]]) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked(desk, cable, "register_multisig", pair(cable))
    where = {"network": "localtest", "multisig_name": "pair", "paths": paths}
    assert _TOGETHER in asked(desk, cable, "get_receive_address", where)["error"]["message"]


@pytest.mark.parametrize("paths", [[], None, "0/1", [["x"]], [[0, 1]] * 16])
def test_what_is_no_list_of_paths_is_refused(paths: object) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    where = {"network": "localtest", "multisig_name": "pair", "paths": paths}
    error = cable.call("get_receive_address", where)["error"]
    assert "invalid path for multisig" in error["message"]


def test_an_account_that_is_no_multisig_is_told_as_a_descriptor_only() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    one = signers(cable)[0]
    key = f"[73c5da0a/48h/1h/0h/2h]{one['xpub']}"
    params = {
        "network": "localtest",
        "descriptor_name": "later",
        "descriptor": "wsh(and_v(v:pk(@0/**),older(144)))",
        "datavalues": {"@0": key},
    }
    assert asked(desk, cable, "register_descriptor", params)["result"] is True
    assert cable.call("get_registered_multisigs")["result"] == {}
    reply = cable.call("get_registered_multisig", {"multisig_name": "later"})
    assert "no multisig wallet" in reply["error"]["message"]
    assert "later" in cable.call("get_registered_descriptors")["result"]


def test_declining_is_told_as_jade_tells_it_and_keeps_nothing() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    before = desk.record
    cable.request("register_multisig", pair(cable))
    desk.press("stop")
    [reply] = cable.replies()
    assert reply["error"] == {"code": -32000, "message": "User declined to register multisig"}
    assert "Nothing was kept." in desk.text
    assert desk.record == before
    assert cable.call("get_registered_multisigs")["result"] == {}


_PAIR = "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/<0;1>/*),older(144))))"
_KEYS = [psbts.key_text(psbts.keyring()), psbts.key_text(psbts.keyring("zoo " * 11 + "wrong"))]
_PIECES = ["@0", "@1", "@2", "/**", "wsh(", "tr(", "multi(", ")", "(", ",", "h", "'", "/", "0", "é"]


@given(st.data())
def test_no_change_to_a_descriptor_breaks_the_device(data: st.DataObject) -> None:
    """Each is asked about on the screen, or its host is told what is wrong with it."""
    texts = [_PAIR, *_KEYS]
    which, piece = data.draw(st.integers(0, 2)), data.draw(st.sampled_from(_PIECES))
    at = data.draw(st.integers(0, len(texts[which])))
    after = at + data.draw(st.integers(0, 9))
    texts[which] = texts[which][:at] + piece + texts[which][after:]
    values = {f"@{number}": text for number, text in enumerate(texts[1:])}
    named = {"network": "localtest", "descriptor_name": "pair", "descriptor": texts[0]}
    cable = DESK.plug()
    cable.request("register_descriptor", named | {"datavalues": values})
    is_asked = isinstance(DESK.screen, Confirm)
    DESK.press("stop")
    [reply] = cable.replies()
    assert reply["error"]["code"] == (-32000 if is_asked else -32602)
    DESK.dismiss()


def test_an_account_that_was_registered_reads_back_from_its_policy() -> None:
    made = multisig.of_file(multisig_file.parse(FILE))
    account = AccountDetails("pair", made.template(), made.keys(), "mainnet")
    assert multisig.of_account(account) == made


def test_a_path_that_no_key_can_have_is_refused_as_jade_refuses_it() -> None:
    file = multisig_file.parse(FILE.replace("/48'", "/4294967295"))
    with pytest.raises(BadParameter, match="Invalid derivation path"):
        multisig.of_file(file)


def test_an_account_is_told_back_in_the_spelling_it_was_last_given_in() -> None:
    """Some hosts compare the texts to see whether their account is registered."""
    desk = unlocked_desk()
    cable = desk.plug()
    keys = [psbts.key_text(psbts.keyring()), psbts.key_text(psbts.keyring("zoo " * 11 + "wrong"))]
    policy = {
        "network": "localtest",
        "descriptor_name": "pair",
        "descriptor": "wsh(sortedmulti(2,@0/**,@1/**))",
    }
    shown = []
    for hardened in ("h", "'", "h"):
        split = [key.partition("]") for key in keys]
        spelled = [origin.replace("h", hardened) + close + xpub for origin, close, xpub in split]
        values = {f"@{number}": key for number, key in enumerate(spelled)}
        reply = asked(desk, cable, "register_descriptor", policy | {"datavalues": values})
        assert reply["result"] is True
        desk.dismiss()
        told = cable.call("get_registered_descriptor", {"descriptor_name": "pair"})["result"]
        assert told["datavalues"] == values
        shown.append(sum(isinstance(show.screen, Confirm) for show in desk.shown))
    assert shown[0] == shown[1] == shown[2]
