"""T128: what was registered or signed with the keys of one passphrase, met with another's."""

from firmware_emu.storage import account_store, history_store, seed_records, vault
from signer.keys.keyring import Keyring
from signer.keys.seeds.mnemonic import seed_from_words
from tests import psbts
from tests.desk import ABANDON, Cable, Desk, unlocked_desk

WITH = "TREZOR"
PATH = [48 + (1 << 31), 1 + (1 << 31), 1 << 31, 2 + (1 << 31)]
COSIGNER = (
    "[3f635a63/48h/1h/0h/2h]tpubDFPtPArj4GzBEFHohegg1Xatrc1Fi9oSox5LzuSRX91miwQxuUrEpBxpvDRsmZYJKYF"
    "hgdK3UStsjC8JKXfUbMinjFqiEM4uNwzVaCaHpys"
)


def keys(passphrase: str = "") -> Keyring:
    return Keyring(seed_from_words(ABANDON, passphrase))


def register(desk: Desk, name: str = "family") -> None:
    cable = desk.fresh_port()
    xpub = cable.call("get_xpub", {"network": "localtest", "path": PATH})["result"]
    ours = f"[{desk.shown[-1].fingerprint}/48h/1h/0h/2h]{xpub}"
    account = {"descriptor_name": name, "descriptor": "wsh(sortedmulti(2,@0/**,@1/**))"}
    values = {"datavalues": {"@0": ours, "@1": COSIGNER}}
    cable.request("register_descriptor", {"network": "localtest"} | account | values)
    desk.approve()
    [reply] = cable.replies()
    assert reply["result"] is True
    desk.dismiss()


def registered(desk: Desk) -> set[str]:
    return set(desk.fresh_port().call("get_registered_descriptors", {})["result"])


def claiming(keyring: Keyring, *amounts: int) -> bytes:
    """A payment of two coins of these keys, whose amounts are claimed."""
    payment = psbts.draft(keyring, len(amounts), outputs=((25_000, psbts.PAYEE),))
    for index, sats in enumerate(amounts):
        payment.ins[index].drop(0x00)
        payment.ins[index].put(
            0x01, psbts.output(sats, psbts.lock(keyring, psbts.path(index=index)))
        )
    payment.outs[1].sats = sum(amounts) - 25_200
    return payment.encode()


def pay(desk: Desk, raw: bytes) -> tuple[str, dict]:
    """Has it signed; all that was read on the way, and the reply."""
    cable: Cable = desk.fresh_port()
    cable.request("sign_psbt", {"network": "localtest", "psbt": raw})
    read = " ".join(" ".join(desk.approve()).split())
    [reply] = cable.replies()
    desk.dismiss()
    return read, reply


def test_an_account_is_registered_for_the_keys_that_were_in_use_alone() -> None:
    desk = unlocked_desk()
    register(desk)
    desk.use_passphrase(WITH)
    assert desk.shown[-1].fingerprint == "b4e3f5ed"
    assert registered(desk) == set()
    register(desk, "hidden")
    assert registered(desk) == {"hidden"}
    desk.lock()
    desk.unlock()
    assert registered(desk) == {"family"}
    desk = desk.power_cut()
    desk.unlock()
    desk.use_passphrase(WITH)
    assert registered(desk) == {"hidden"}


def test_nobody_is_told_that_memory_was_changed_where_other_keys_have_records() -> None:
    desk = unlocked_desk()
    register(desk)
    assert pay(desk, claiming(keys(), 100_000, 90_000))[1]["result"]
    desk.use_passphrase(WITH)
    read, reply = pay(desk, claiming(keys(WITH), 100_000, 90_000))
    assert reply["result"]
    assert "Memory changed" not in read
    desk.lock()
    desk.unlock()
    read, _ = pay(desk, claiming(keys(), 100_000, 90_000))
    assert "Memory changed" not in read


def test_amounts_are_remembered_for_each_across_locks_and_power_cuts() -> None:
    """T92 for each of them: another passphrase in between makes no room for a second story."""
    desk = unlocked_desk()
    assert pay(desk, claiming(keys(), 100_000, 90_000))[1]["result"]
    desk.use_passphrase(WITH)
    assert pay(desk, claiming(keys(WITH), 70_000, 60_000))[1]["result"]
    desk = desk.power_cut()
    desk.unlock()
    refusal = "not the one that was signed before"
    assert refusal in pay(desk, claiming(keys(), 90_000, 100_000))[1]["error"]["message"]
    desk.use_passphrase(WITH)
    assert refusal in pay(desk, claiming(keys(WITH), 60_000, 70_000))[1]["error"]["message"]
    desk.use_passphrase("another")
    assert pay(desk, claiming(keys("another"), 60_000, 70_000))[1]["result"]


def test_the_flash_tells_no_fingerprint_and_opens_to_no_other_keys() -> None:
    desk = unlocked_desk()
    desk.use_passphrase(WITH)
    register(desk)
    assert desk.record is not None
    assert bytes.fromhex("b4e3f5ed") not in desk.record
    assert WITH.encode() not in desk.record
    hidden = vault.parse(desk.record).of_keys(seed_records.tag_of(keys(WITH)))
    assert len(account_store.load(hidden, keys(WITH)).stored) == 1
    assert account_store.load(hidden, keys()).stored == ()
    assert history_store.load(hidden, keys()).histories == {}


def test_erasing_the_seed_erases_what_is_kept_for_each_passphrase() -> None:
    desk = unlocked_desk()
    desk.use_passphrase(WITH)
    register(desk)
    desk.erase()
    assert desk.record is not None
    assert vault.parse(desk.record).other_records == ()
