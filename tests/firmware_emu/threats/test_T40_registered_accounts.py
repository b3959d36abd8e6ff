"""T40: a cosigner's key exchanged for an attacker's. The device signs for what was read on it."""

from typing import Any

import pytest

from firmware_emu.storage import vault
from tests import kernel, psbts
from tests.desk import Desk, unlocked_desk
from tests.firmware_emu.test_accounts import OTHER, address, edited, keys, params, registered

THIEF = psbts.keyring("legal winner thank year wave sausage worth useful legal winner thank yellow")
TEMPLATE = "wsh(sortedmulti(2,@0/**,@1/**))"
FAMILY = psbts.vault(TEMPLATE, psbts.keyring(), OTHER, name="family")
PAYMENT = psbts.draft(FAMILY).encode()


def sign(desk: Desk, payment: bytes = PAYMENT) -> tuple[dict[str, Any], str]:
    """The reply, and all that was read."""
    cable = desk.fresh_port()
    cable.request("sign_psbt", {"network": "localtest", "psbt": payment})
    read = "\n".join(desk.approve())
    reply = dict(cable.replies()[0])
    desk.dismiss()
    return reply, read


def test_coins_of_several_keys_are_not_signed_for_before_the_account_was_read() -> None:
    reply, _ = sign(unlocked_desk())
    assert "not registered here" in reply["error"]["message"]


def test_after_every_key_was_read_they_are_and_the_change_is_known() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    reply, read = sign(desk)
    assert '"family"' in read
    assert "Comes back" in read
    kernel.check(psbts.sign_part(reply["result"], OTHER, records=[FAMILY.record(OTHER)]))


def test_an_account_with_a_thiefs_key_in_it_has_no_part_in_ours() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    theirs = psbts.vault(TEMPLATE, psbts.keyring(), THIEF, name="family")
    reply, _ = sign(desk, psbts.draft(theirs).encode())
    assert "error" in reply


def test_a_thiefs_key_under_the_same_name_is_warned_about_and_shown() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    registered(desk, cable)
    ours, _ = keys()
    changed = params() | {"datavalues": {"@0": ours, "@1": psbts.key_text(THIEF)}}
    cable.request("register_descriptor", changed)
    assert "Replaces another" in desk.text
    read = "".join("".join(desk.approve()).split())
    assert psbts.key_text(THIEF).split("]")[1] in read


def test_a_false_key_of_ours_is_refused() -> None:
    """The host says our fingerprint and path, and gives a key of its own."""
    desk = unlocked_desk()
    cable = desk.plug()
    false = keys()[0].split("]")[0] + "]" + keys()[1].split("]")[1]
    both = {"@0": false, "@1": psbts.key_text(THIEF)}
    cable.request("register_descriptor", params() | {"datavalues": both})
    assert "said to be yours and is not" in cable.replies()[0]["error"]["message"]


@pytest.mark.parametrize("at", [0, 13, 60, -1])
def test_an_account_that_was_changed_in_flash_signs_nothing(at: int) -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    assert desk.record is not None
    box = bytearray(vault.parse(desk.record).accounts[0])
    box[at] ^= 1
    after = edited(desk, bytes(box))
    reply, _ = sign(after)
    assert "not registered here" in reply["error"]["message"]
    assert "error" in address(after, after.plug())[0]


def test_an_older_account_put_back_into_flash_is_shown_for_what_it_is() -> None:
    """A flash can be rolled back as a whole; what it then holds was read and approved once."""
    desk = unlocked_desk()
    registered(desk, desk.plug())
    before = desk.record
    registered(desk, desk.plug(), template="wsh(multi(2,@0/**,@1/**))")
    again = Desk(before)
    again.unlock()
    assert "result" in sign(again)[0]
