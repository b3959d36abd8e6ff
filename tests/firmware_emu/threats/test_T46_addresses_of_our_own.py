"""T46: an address that only the host has shown. The device derives it, and shows it whole."""

import pytest

from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions.address import render
from tests import psbts
from tests.desk import unlocked_desk
from tests.firmware_emu.test_accounts import OTHER, address, registered, squeezed

FAMILY = psbts.vault("wsh(sortedmulti(2,@0/**,@1/**))", psbts.keyring(), OTHER, name="family")
H = 1 << 31


@pytest.mark.parametrize(
    ("variant", "purpose"), [("pkh(k)", 44), ("sh(wpkh(k))", 49), ("wpkh(k)", 84), ("tr(k)", 86)]
)
def test_an_address_of_one_key_is_read_whole_before_it_is_answered(
    variant: str, purpose: int
) -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    path = [purpose + H, 1 + H, H, 0, 0]
    asked = {"network": "localtest", "path": path, "variant": variant}
    cable.request("get_receive_address", asked)
    assert cable.replies() == []
    read = desk.approve()
    assert cable.replies()[0]["result"] in squeezed(read)


def test_an_address_of_an_account_is_derived_from_what_was_registered() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    for branch, index in ((0, 0), (0, 7), (1, 3)):
        reply, read = address(desk, desk.plug(), branch=branch, pointer=index)
        locked = FAMILY.policy.spend_data(branch, index).script_pubkey
        assert reply["result"] in squeezed(read)
        assert render(locked, NETWORKS["regtest"]) == reply["result"]


def test_a_person_who_sees_another_address_than_the_host_shows_can_say_so() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    cable = desk.plug()
    asked = {"network": "localtest", "descriptor_name": "family", "branch": 0, "pointer": 0}
    cable.request("get_receive_address", asked)
    desk.press("stop")
    assert cable.replies()[0]["error"]["message"] == "User declined to confirm address"
