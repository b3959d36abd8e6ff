"""T99: an answer, or the rest of one, reaches another host than the one that asked, or nobody.

`python -m tests.floods.reopen` closes and opens a serial port a thousand times, on a busy machine;
`test_links` has the moments in which a port changes hands.
"""

import sys
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from firmware_emu.personalities import MOST_LEFTOVERS, Leftovers
from tests import psbts
from tests.desk import Cable, Desk, unlocked_desk
from tests.floods.reopen import reopen

Chunk = dict[str, object]


def signed(desk: Desk, cable: Cable, name: str) -> Chunk:
    """What asks for the second part of a long answer, of which the first has come."""
    payment = psbts.build(psbts.keyring(), 20, "wpkh")
    cable.request("sign_psbt", {"network": "localtest", "psbt": payment}, name)
    desk.approve()
    desk.dismiss()
    [first] = cable.replies()
    return {"origid": name, "orig": "sign_psbt", "seqnum": 2, "seqlen": first["seqlen"]}


def test_the_rest_of_an_answer_waits_for_who_asked_whoever_comes_between() -> None:
    desk = unlocked_desk()
    owner, bystander = desk.fresh_port(), desk.fresh_port()
    second = signed(desk, owner, "mine")
    owner.pull()
    other = second | {"origid": "another"}
    assert bystander.call("get_extended_data", other)["error"]["message"] == "Unexpected method"
    assert bystander.call("get_version_info")["result"]
    assert desk.fresh_port().call("get_extended_data", second)["seqnum"] == 2


def test_two_hosts_that_come_back_get_each_its_own() -> None:
    desk = unlocked_desk()
    asked = []
    for name in ("one", "two"):
        host = desk.fresh_port()
        asked.append(signed(desk, host, name))
        host.pull()
    for second in asked:
        assert desk.fresh_port().call("get_extended_data", second)["seqnum"] == 2
        assert "error" in desk.fresh_port().call("get_extended_data", second)


def test_after_locking_nothing_waits_for_anybody() -> None:
    desk = unlocked_desk()
    host = desk.fresh_port()
    second = signed(desk, host, "mine")
    host.pull()
    desk.lock()
    desk.unlock()
    assert "error" in desk.fresh_port().call("get_extended_data", second)


@pytest.mark.parametrize("origin", [None, 7, [], {}, b"mine", "x" * 1000])
def test_what_is_no_name_of_an_answer_finds_none(origin: object) -> None:
    answer = unlocked_desk().plug().call("get_extended_data", {"origid": origin})
    assert answer["error"]["code"] == -32001


def test_only_so_much_waits() -> None:
    leftovers = Leftovers()
    for number in range(MOST_LEFTOVERS + 1):
        leftovers.keep(number, number)
    assert leftovers.take(0) is None
    assert leftovers.take(1) == 1
    assert leftovers.take(1) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_serial_port_opened_anew_loses_no_answer_and_has_none_of_the_last_clients(
    tmp_path: Path,
) -> None:
    flash = tmp_path / "device.flash"
    with EmulatorProcess(flash, sealed_record(), ("--pty",)) as device:
        assert reopen(device.announcement["pty"], 60) == (0, 0)
