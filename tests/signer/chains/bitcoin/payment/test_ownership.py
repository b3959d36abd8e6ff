"""What is ours is derived; what is not is refused for what it is."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import script
from signer.hashes import hash160
from tests import psbts
from tests.psbts import draft, keyring, refusal, vault

SORTED = "wsh(sortedmulti(2,@0/**,@1/**))"


def locked_by(locked: bytes) -> psbts.Draft:
    """A payment of a coin with this script; the hint at our first key stays."""
    made = draft(keyring())
    whole = psbts.previous_tx([psbts.output(100_000, locked)])
    made.ins[0].outpoint = psbts.outpoint(psbts.txid(whole), 0)
    made.ins[0].drop(0x01)
    made.ins[0].put(0x00, whole)
    return made


@pytest.mark.parametrize("locked", [b"\x51", b"\x6a\x01\x00", b"\x60\x20" + bytes(32)])
def test_a_coin_of_an_unknown_kind_is_refused_for_its_kind(locked: bytes) -> None:
    assert refusal(locked_by(locked), keyring()) is BitcoinReason.SCRIPT_UNSUPPORTED


def test_a_script_hash_without_its_script_is_an_account_that_is_not_registered() -> None:
    assert refusal(locked_by(script.p2sh(hash160(b""))), keyring()) is BitcoinReason.NOT_REGISTERED


def test_a_nested_coin_of_another_key_is_no_unregistered_account() -> None:
    redeem = psbts.redeem_script(keyring().public_key(psbts.path("wpkh", 0, 9)))
    made = locked_by(script.p2sh(hash160(redeem)))
    made.ins[0].put(0x04, redeem)
    assert refusal(made, keyring()) is BitcoinReason.KEY_MISMATCH


def test_each_of_several_registered_accounts_is_found() -> None:
    others = (psbts.OTHER, psbts.THIRD)
    vaults = [vault(SORTED, keyring(), keyring(words), name=words[:5]) for words in others]
    records = [one.record(keyring()) for one in vaults]
    for one in vaults:
        spend = psbts.review(draft(one).encode(), keyring(), "regtest", records).subject
        assert spend.inputs[0].utxo.script_pubkey == one.policy.spend_data(0, 0).script_pubkey


def test_a_leaf_named_beside_a_true_hint_is_refused_too() -> None:
    keys, where = keyring(), psbts.path("tr")
    made = draft(keys, 1, "tr")
    made.ins[0].put(0x06, psbts.origin(keys, where), keys.public_key(where))
    named = b"\x01" + bytes(32) + psbts.origin(keys, where)
    made.ins[0].put(0x16, named, keys.public_key(where)[1:])
    assert refusal(made, keys) is BitcoinReason.SCRIPT_NOT_COMMITTED
