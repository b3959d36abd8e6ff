"""The scripts that each form of a descriptor locks coins with, and what stands behind them."""

import pytest

from signer.chains.bitcoin.descriptors import descriptor
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions import script
from signer.errors import Malformed
from signer.hashes import hash160, sha256
from tests.policies import account

HEX = "0260b2003c386519fc9eadf2b5cf124dd8eea4c4e68d5e154050a9346ea98ce600"
UNCOMPRESSED = (
    "04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
    "5b8dec5235a0fa8722476c7709c02559e3aa73aa03918ba2d492eea75abea235"
)
XPUB = account(0)


def parse(text: str) -> descriptor.Descriptor:
    return descriptor.parse(text, NETWORKS["regtest"], checksum="optional")


@pytest.mark.parametrize("text", ["wpkh({})", "pk({})", "pkh({})", "multi(1,{})", "wsh(pk({}))"])
def test_p2sh_locks_with_the_hash_of_the_very_script_inside(text: str) -> None:
    inside, nested = (parse(form.format(f"{XPUB}/*")) for form in (text, f"sh({text})"))
    alone, lock = inside.spend_data(0, 5), nested.spend_data(0, 5)
    assert lock.redeem_script == alone.script_pubkey
    assert lock.script_pubkey == script.p2sh(hash160(alone.script_pubkey))
    assert lock.witness_script == alone.witness_script


def test_p2wsh_locks_with_the_hash_of_its_witness_script() -> None:
    lock = parse(f"wsh(sortedmulti(1,{XPUB}/*,{HEX}))").spend_data(0, 5)
    assert lock.script_pubkey == script.p2wsh(sha256(lock.witness_script))


def test_a_lock_names_what_stands_behind_it() -> None:
    nested = parse(f"sh(wsh(pk({XPUB}/*)))").spend_data(0, 3)
    assert nested.redeem_script[:2] == b"\x00\x20"
    assert nested.witness_script[1:34] == nested.keys[0]
    taproot = parse(f"tr({HEX},pk({XPUB}/*))").spend_data(0, 3)
    assert taproot.internal_key.hex() == HEX[2:]
    assert taproot.merkle_root == taproot.leaves[0].hash
    assert taproot.leaves[0].script[1:33] == taproot.keys[1][1:]


def test_combo_is_several_scripts_and_no_lock() -> None:
    with pytest.raises(Malformed):
        parse(f"combo({HEX})").spend_data(0, 0)
    assert len(parse(f"combo({HEX})").scripts(0, 0)) == 4
    assert len(parse(f"combo({UNCOMPRESSED})").scripts(0, 0)) == 2


def test_multi_keeps_the_order_of_the_text_and_sortedmulti_does_not() -> None:
    low, high = HEX, UNCOMPRESSED
    written = [parse(f"multi(1,{a},{b})").scripts(0, 0) for a, b in ((low, high), (high, low))]
    by_size = [
        parse(f"sortedmulti(1,{a},{b})").scripts(0, 0) for a, b in ((low, high), (high, low))
    ]
    assert written[0] != written[1]
    assert by_size == [written[0]] * 2
