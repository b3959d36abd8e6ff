"""Devices that share an account: each registers it, each signs, and the coins open."""

from typing import Any

import pytest

from firmware_emu.screens.qr import Qr
from signer.formats.qr import parts, ur
from tests import kernel, psbts
from tests.desk import ABANDON, Desk, unlocked_desk

WORDS = (
    " ".join(ABANDON),
    "zoo " * 11 + "wrong",
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
)
TEMPLATES = {
    "two of three": "wsh(sortedmulti(2,@0/**,@1/**,@2/**))",
    "nested": "sh(wsh(sortedmulti(2,@0/**,@1/**)))",
    "legacy": "sh(multi(2,@0/**,@1/**))",
    "a script": "wsh(and_v(v:pk(@0/**),pk(@1/**)))",
}
JOINT = "tr(musig(@0,@1)/**)"


def devices(template: str) -> tuple[psbts.Vault, list[Desk]]:
    """An account, and a device for each of its keys that has registered it over its cable."""
    count = template.count("@")
    of = psbts.vault(template, *map(psbts.keyring, WORDS[:count]), name="family")
    desks = [unlocked_desk(tuple(words.split()), "regtest") for words in WORDS[:count]]
    keys = {f"@{n}": key.render(of.policy.network) for n, key in enumerate(of.policy.keys)}
    for desk in desks:
        cable = desk.plug()
        named = {"network": "localtest", "descriptor_name": "family", "descriptor": template}
        cable.request("register_descriptor", named | {"datavalues": keys})
        desk.approve()
        assert cable.replies()[0]["result"] is True
        desk.dismiss()
    return of, desks


def turn(desk: Desk, payment: bytes) -> dict[str, Any]:
    """The reply of one device to a payment that its person accepts."""
    cable = desk.fresh_port()
    cable.request("sign_psbt", {"network": "localtest", "psbt": payment})
    desk.approve()
    reply = dict(cable.replies()[0])
    desk.dismiss()
    return reply


@pytest.mark.parametrize("name", TEMPLATES)
def test_two_devices_sign_one_after_the_other(name: str) -> None:
    of, desks = devices(TEMPLATES[name])
    payment = psbts.draft(of).encode()
    for desk in desks[:2]:
        payment = turn(desk, payment)["result"]
    kernel.check(payment)


def test_two_devices_make_one_signature_together_in_two_rounds() -> None:
    of, desks = devices(JOINT)
    payment = psbts.draft(of).encode()
    for desk in (*desks, *desks):
        payment = turn(desk, payment)["result"]
    kernel.check(payment)


def test_locking_between_the_rounds_ends_the_joint_signature_and_says_how_to_go_on() -> None:
    of, desks = devices(JOINT)
    payment = psbts.draft(of).encode()
    for desk in desks:
        payment = turn(desk, payment)["result"]
    desks[0].lock()
    desks[0].unlock()
    error = turn(desks[0], payment)["error"]
    assert "first round" in error["message"]


def test_what_was_registered_by_cable_is_signed_for_by_camera() -> None:
    of, (desk, *_) = devices(TEMPLATES["two of three"])
    payment = psbts.draft(of).encode()
    camera = desk.plug("air", "camera")
    for frame in parts.split(ur.from_psbt(payment), 400):
        camera.send(frame.encode())
    assert '"family"' in "".join(desk.approve())
    assert isinstance(desk.screen, Qr)
