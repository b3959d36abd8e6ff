"""What the device remembers of its signatures: sealed in flash before the host has one (T92)."""

from dataclasses import replace

import pytest

from firmware_emu.effects import BytesOut, Save
from firmware_emu.screens.confirm import Confirm
from firmware_emu.storage import history_store, vault
from firmware_emu.storage.vault import Vault
from signer.hashes import tagged_hash
from tests import psbts
from tests.desk import ABANDON, Cable, Desk, unlocked_desk


def claiming(*amounts: int, pays: int = 25_000) -> bytes:
    """A payment of our first coins, whose amounts are claimed."""
    made = psbts.draft(psbts.keyring(), len(amounts), outputs=((pays, psbts.PAYEE),))
    for index, sats in enumerate(amounts):
        made.ins[index].drop(0x00)
        locked = psbts.lock(psbts.keyring(), psbts.path(index=index))
        made.ins[index].put(0x01, psbts.output(sats, locked))
    made.outs[1].sats = sum(amounts) - pays - 200
    return made.encode()


TRUE, LIE = claiming(100_000, 90_000), claiming(90_000, 100_000)


def ask(cable: Cable, raw: bytes) -> None:
    cable.request("sign_psbt", {"network": "localtest", "psbt": raw})


def signed(desk: Desk, raw: bytes) -> list[str]:
    """Has it signed; what was read on the way."""
    cable = desk.fresh_port()
    ask(cable, raw)
    read = desk.approve()
    [reply] = cable.replies()
    assert isinstance(reply["result"], bytes)
    desk.dismiss()
    return read


def refused(desk: Desk, raw: bytes) -> bool:
    """Whether it is refused for a changed amount; left unanswered if not."""
    cable = desk.fresh_port()
    ask(cable, raw)
    if isinstance(desk.screen, Confirm):
        desk.press("stop")
        desk.dismiss()
        return False
    [reply] = cable.replies()
    assert "not the one that was signed before" in reply["error"]["message"]
    assert "previous transactions" in " ".join(desk.text.split())
    desk.dismiss()
    return True


def kept(desk: Desk) -> Vault:
    assert desk.record is not None
    return vault.parse(desk.record)


def test_a_changed_amount_is_refused_also_after_a_lock_and_a_power_cut() -> None:
    desk = unlocked_desk()
    assert "Amounts are claimed" in signed(desk, TRUE)[0]
    assert refused(desk, LIE)
    desk.lock()
    desk.unlock()
    assert refused(desk, LIE)
    again = desk.power_cut()
    again.unlock()
    assert refused(again, LIE)
    assert not refused(again, TRUE)


def test_it_is_in_flash_before_the_host_has_the_signature() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    ask(cable, TRUE)
    before = len(desk.log)
    assert desk.approve()
    steps = [effect for effect in desk.log[before:] if isinstance(effect, Save | BytesOut)]
    assert [type(step) for step in steps] == [Save, BytesOut]
    assert isinstance(steps[0], Save)
    assert vault.parse(steps[0].record).history


@pytest.mark.parametrize("stop_at", [0, 1, 2])
def test_what_was_declined_or_cut_off_is_not_remembered(stop_at: int) -> None:
    desk = unlocked_desk()
    before = desk.record
    cable = desk.plug()
    ask(cable, TRUE)
    for _ in range(stop_at):
        desk.press("hold")
    if stop_at == 2:
        cable.pull()
    else:
        desk.press("stop")
    assert desk.record == before
    desk.dismiss()
    assert not refused(desk, LIE)


def test_a_replacement_and_a_second_payment_are_said_first_and_the_rest_is_read_as_ever() -> None:
    desk = unlocked_desk()
    first = psbts.draft(psbts.keyring(), 2, coin_sats=95_000, fee_sats=300)
    assert signed(desk, first.encode())[0].startswith("Recipient 1 of 1")
    bumped = psbts.draft(psbts.keyring(), 2, coin_sats=95_000, fee_sats=1_500)
    read = signed(desk, bumped.encode())
    assert read[0].startswith("Replaces a payment")
    assert "Same recipient. Fee 1 200 sats more." in " ".join("".join(read[:2]).split())
    assert [text[:9] for text in read if text.startswith("Recipient 1 of 1")]
    other = psbts.draft(psbts.keyring(), 1, coin_sats=70_000)
    assert signed(desk, other.encode())[0].startswith("Paid before")


def test_erasing_the_seed_forgets_it_and_another_seed_starts_anew() -> None:
    desk = unlocked_desk()
    signed(desk, TRUE)
    desk.erase()
    assert not kept(desk).history
    desk.dismiss()
    desk.restore(ABANDON)
    assert not refused(desk, LIE)


def test_the_flash_tells_its_length_and_no_more() -> None:
    desk = unlocked_desk()
    signed(desk, TRUE)
    first = kept(desk).history
    keys = psbts.keyring()
    opened = history_store.load(kept(desk), keys).of_chain("bitcoin")
    assert len(first) == 12 + 16 + len(opened) + 1 + len("bitcoin") + 1
    assert opened not in first
    assert b"bitcoin" not in first
    assert history_store.load(kept(desk), psbts.keyring(psbts.OTHER)).lost
    signed(desk, TRUE)
    assert kept(desk).history == first, "nothing new, nothing written"
    signed(desk, claiming(100_000, 90_000, pays=20_000))
    assert kept(desk).history[:12] != first[:12], "a nonce is used once"


@pytest.mark.parametrize("history", [b"x", bytes(200)])
def test_what_was_changed_in_memory_is_said_before_the_next_payment(history: bytes) -> None:
    desk = unlocked_desk()
    signed(desk, TRUE)
    record = replace(kept(desk), history=history).encode()
    again = Desk(record)
    again.unlock()
    read = signed(again, LIE)
    assert read[0].startswith("Memory changed")
    assert "It begins anew" in " ".join("".join(read[:2]).split())
    assert not signed(again, LIE)[0].startswith("Memory changed")
    assert refused(again, TRUE)


def test_a_record_of_before_signatures_were_remembered_signs_and_remembers() -> None:
    desk = unlocked_desk()
    body = kept(desk).encode()[:-8]
    sealed = kept(desk).sealed
    assert sealed is not None
    settings = kept(desk).settings.encode()
    counts = body[16 + len(settings) : -4 - 1 - len(sealed.encode())]
    old = b"quietkey vault 3" + settings[:-1] + counts + sealed.encode()
    again = Desk(old + tagged_hash("quietkey/flash", old)[:8])
    again.unlock()
    signed(again, TRUE)
    assert refused(again, LIE)


def test_the_histories_of_two_chains_stand_side_by_side() -> None:
    keys, empty = psbts.keyring(), unlocked_desk()
    first = history_store.with_history(
        kept(empty), history_store.HistoryStore(), "bitcoin", b"one", keys, bytes(12)
    )
    both = history_store.with_history(
        first, history_store.load(first, keys), "toy", b"two", keys, bytes(12)
    )
    store = history_store.load(both, keys)
    assert [store.of_chain(name) for name in ("bitcoin", "toy", "none")] == [b"one", b"two", b""]
    assert not store.warnings
