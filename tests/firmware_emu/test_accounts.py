"""Registered accounts on the device: read, kept, listed, replaced, forgotten; and found damaged."""

from typing import Any

import pytest

from firmware_emu.commands import GetAccounts, Register
from firmware_emu.effects import Save, State
from firmware_emu.entropy_pool import EntropyPool
from firmware_emu.flows.requests.register import register
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice, Question
from firmware_emu.storage import vault
from firmware_emu.storage.account_store import MISSING, contents, load, with_account
from signer.hashes import tagged_hash
from tests import psbts
from tests.desk import PIN, Cable, Desk, unlocked_desk

OTHER = psbts.keyring("zoo " * 11 + "wrong")
PATH = "m/48h/1h/0h/2h"


def keys() -> tuple[str, str]:
    """Ours and another's."""
    ours, other = psbts.keyring(), OTHER
    return psbts.key_text(ours, PATH, "regtest"), psbts.key_text(other, PATH, "regtest")


def params(
    name: str = "family", template: str = "wsh(sortedmulti(2,@0/**,@1/**))"
) -> dict[str, Any]:
    values = {f"@{number}": key for number, key in enumerate(keys())}
    named = {"network": "localtest", "descriptor_name": name}
    return named | {"descriptor": template, "datavalues": values}


def registered(desk: Desk, cable: Cable, **changed: str) -> list[str]:
    """Registers an account; what was read on the way."""
    cable.request("register_descriptor", params(**changed))
    read = desk.approve()
    assert cable.replies()[0]["result"] is True
    desk.dismiss()
    return read


def address(desk: Desk, cable: Cable, **changed: int) -> tuple[dict[str, Any], list[str]]:
    asked = {"network": "localtest", "descriptor_name": "family", "branch": 0, "pointer": 0}
    cable.request("get_receive_address", asked | changed)
    read = desk.approve()
    reply = cable.replies()[0]
    desk.dismiss()
    return reply, read


def squeezed(read: list[str]) -> str:
    return "".join("".join(read).split())


def edited(desk: Desk, *accounts: bytes) -> Desk:
    """The device after somebody put these in the place of its accounts in flash."""
    assert desk.record is not None
    kept = vault.parse(desk.record)
    record = vault.Vault(kept.settings, kept.sealed, kept.tries_left, accounts).encode()
    switched_on = Desk(record)
    switched_on.unlock()
    return switched_on


def test_every_key_is_read_whole_before_an_account_is_kept() -> None:
    desk = unlocked_desk()
    read = registered(desk, desk.plug())
    for key in keys():
        fingerprint, xpub = key[1:9], key.split("]")[1]
        assert fingerprint in squeezed(read)
        assert xpub in squeezed(read)
    assert "family" in read[0]
    assert "2 of 2 keys, sorted" in " ".join(read[0].split())


def test_what_was_registered_is_there_after_a_power_cut() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    before, _ = address(desk, desk.plug())
    again = desk.power_cut()
    again.unlock()
    after, read = address(again, again.plug())
    assert after["result"] == before["result"]
    assert after["result"] in squeezed(read)


def test_it_is_in_flash_before_the_host_hears_that_it_is_kept() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    cable.request("register_descriptor", params())
    while isinstance(desk.screen, Confirm):
        assert not any(isinstance(effect, Save) for effect in desk.log[-1:])
        assert cable.replies() == []
        desk.press("hold")
    assert desk.record is not None
    assert len(vault.parse(desk.record).accounts) == 1


def test_the_flash_shows_neither_keys_nor_names() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    assert desk.record is not None
    assert b"family" not in desk.record
    assert b"tpub" not in desk.record
    assert b"sortedmulti" not in desk.record


def test_a_power_cut_while_reading_keeps_nothing() -> None:
    desk = unlocked_desk()
    desk.plug().request("register_descriptor", params())
    desk.press("ok")
    again = desk.power_cut()
    again.unlock()
    assert again.plug().call("get_registered_descriptors")["result"] == {}


def test_a_locked_device_tells_of_no_account() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    desk.lock()
    for method in ("get_registered_descriptors", "get_registered_multisigs"):
        assert desk.plug().call(method)["error"]["code"] == -32002


def test_a_name_that_is_taken_is_replaced_only_after_a_warning() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    registered(desk, cable)
    read = registered(desk, cable, template="wsh(multi(2,@0/**,@1/**))")
    assert "Replaces another" in read[0]
    assert "family" in read[0]
    listed = cable.call("get_registered_descriptor", {"descriptor_name": "family"})["result"]
    assert listed["descriptor"] == "wsh(multi(2,@0/**,@1/**))"
    assert len(cable.call("get_registered_descriptors")["result"]) == 1


def test_saying_no_to_the_warning_leaves_what_was_registered() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    registered(desk, cable)
    cable.request("register_descriptor", params(template="wsh(multi(2,@0/**,@1/**))"))
    desk.press("stop")
    assert cable.replies()[0]["error"]["code"] == -32000
    listed = cable.call("get_registered_descriptor", {"descriptor_name": "family"})["result"]
    assert listed["descriptor"] == "wsh(sortedmulti(2,@0/**,@1/**))"


def test_a_full_device_names_the_way_out_and_the_way_out_works() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    for number in range(16):
        registered(desk, cable, name=f"number{number}")
    cable.request("register_descriptor", params())
    [reply] = cable.replies()
    assert "maximum number" in reply["error"]["message"]
    assert "Forget one: Menu, Registered accounts." in " ".join(desk.text.split())
    desk.dismiss()
    forget(desk, "number3")
    registered(desk, cable)
    names = set(cable.call("get_registered_descriptors")["result"])
    assert names == {"family"} | {f"number{n}" for n in range(16)} - {"number3"}


def forget(desk: Desk, name: str) -> None:
    desk.press("ok")
    desk.choose("Registered accounts")
    desk.choose(name)
    assert isinstance(desk.screen, Question)
    desk.press("hold")


def test_a_short_press_does_not_forget_an_account() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    desk.press("ok")
    desk.choose("Registered accounts")
    desk.choose("family")
    desk.press("ok", "stop")
    assert "family" in desk.plug().call("get_registered_descriptors")["result"]


def test_a_menu_without_accounts_says_so() -> None:
    desk = unlocked_desk()
    desk.press("ok")
    desk.choose("Registered accounts")
    assert isinstance(desk.screen, Notice)
    desk.press("ok")
    assert not isinstance(desk.screen, Menu)


def test_erasing_the_seed_erases_the_accounts() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    desk.erase()
    assert desk.record is not None
    assert vault.parse(desk.record).accounts == ()


def test_an_account_too_long_to_keep_is_refused_before_it_is_read() -> None:
    desk = unlocked_desk()
    keyring = psbts.keyring()
    # Longer than any host may say on the wire, so it is asked of the conversation itself.
    deep = "/".join(["2147483647h"] * 200)
    others = psbts.keyring(psbts.OTHER)
    several = [psbts.key_text(others, f"m/48h/1h/{n}h/2h/{deep}", "regtest") for n in range(4)]
    template = "wsh(sortedmulti(2,@0/**,@1/**,@2/**,@3/**,@4/**))"
    assert min(map(len, several)) > 2000
    assert desk.record is not None
    flow = register(
        Register("bitcoin", "regtest", "long", template, (psbts.key_text(keyring), *several)),
        vault.parse(desk.record),
        keyring,
        EntropyPool(bytes(32)),
    )
    with pytest.raises(StopIteration) as ended:
        next(flow)
    assert "longer than what fits" in ended.value.value.reply.message


def test_an_address_of_an_account_that_is_not_there_names_the_way_out() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    asked = {"network": "localtest", "descriptor_name": "nobody", "branch": 0, "pointer": 0}
    cable.request("get_receive_address", asked)
    [reply] = cable.replies()
    assert "Cannot find named descriptor wallet" in reply["error"]["message"]
    assert "Register the account first" in " ".join(desk.text.split())


def test_a_change_address_and_a_far_one_are_warned_about() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    registered(desk, cable)
    _, read = address(desk, cable, branch=1)
    assert "change address" in " ".join(read[0].split())
    _, read = address(desk, cable, pointer=20_000)
    assert "Unusual index" in " ".join(read[0].split())


# What somebody who can write the flash can do


def test_an_account_that_was_edited_is_not_used_and_the_person_is_told() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    assert desk.record is not None
    [box] = vault.parse(desk.record).accounts
    for at in (0, 20, len(box) - 1):
        changed = bytearray(box)
        changed[at] ^= 1
        after = edited(desk, bytes(changed))
        cable = after.plug()
        assert cable.call("get_registered_descriptors")["result"] == {}
        reply, _ = address(after, cable)
        assert "Cannot find named descriptor wallet" in reply["error"]["message"]


@pytest.mark.parametrize("box", [b"", b"short", bytes(200)])
def test_a_damaged_account_does_not_keep_anyone_from_signing(box: bytes) -> None:
    desk = edited(unlocked_desk(), box)
    cable = desk.plug()
    cable.request("sign_psbt", {"network": "localtest", "psbt": psbts.build(psbts.keyring())})
    read = desk.approve()
    assert "Memory changed" in read[0]
    assert "Register it again" in " ".join(" ".join(read[0:2]).split())
    assert "result" in cable.replies()[0]


def test_registering_again_repairs_the_memory() -> None:
    desk = edited(unlocked_desk(), bytes(200), bytes(201))
    cable = desk.plug()
    read = registered(desk, cable)
    assert "2 accounts in memory were" in read[0]
    cable.request("sign_psbt", {"network": "localtest", "psbt": psbts.build(psbts.keyring())})
    assert "Memory changed" not in desk.approve()[0]


def test_what_was_changed_can_be_forgotten_and_the_others_stay() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    assert desk.record is not None
    after = edited(desk, *vault.parse(desk.record).accounts, bytes(200))
    forget(after, "✗ changed in memory")
    cable = after.plug()
    assert list(cable.call("get_registered_descriptors")["result"]) == ["family"]
    cable.request("sign_psbt", {"network": "localtest", "psbt": psbts.build(psbts.keyring())})
    assert "Memory changed" not in after.approve()[0]


def test_another_wallets_account_is_not_used() -> None:
    """Sealed as ours is, by another seed: what a flash holds after its seed was exchanged."""
    ours, other = unlocked_desk(), OTHER
    assert ours.record is not None
    kept = vault.parse(ours.record)
    foreign = with_account(kept, (), contents(b"a record"), other, bytes(12))
    assert load(foreign, psbts.keyring()).lost == 1


def test_a_record_that_the_signer_did_not_make_is_not_used() -> None:
    """The seal of the flash is ours, and what it holds was never approved."""
    desk = unlocked_desk()
    assert desk.record is not None
    keyring = psbts.keyring()
    forged = tagged_hash("x") + b"\x01 no policy of ours"
    doctored = with_account(vault.parse(desk.record), (), contents(forged), keyring, bytes(12))
    assert load(doctored, keyring).stored == ()
    assert load(doctored, keyring).accounts("any") == MISSING


def test_no_account_is_told_to_who_may_not_ask() -> None:
    desk = unlocked_desk()
    registered(desk, desk.plug())
    again = desk.power_cut()
    assert again.state is State.LOCKED
    assert again.plug().call("get_registered_descriptors")["error"]["code"] == -32002
    again.press("ok")
    again.enter_pin(PIN)
    assert "family" in again.plug().call("get_registered_descriptors")["result"]
    assert GetAccounts().name == ""
