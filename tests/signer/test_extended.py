"""Extended public keys: children, text, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import base58
from signer.keys.extended import ExtendedPublicKey
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED
from tests.signer.published import own

ROOT = Keyring(bytearray(range(32))).extended(())


@given(st.integers(0, HARDENED - 1))
def test_a_child_knows_its_parent(index: int) -> None:
    child = ROOT.child(index)
    assert (child.depth, child.child_number) == (1, index)
    assert child.parent_fingerprint == ROOT.fingerprint


@pytest.mark.parametrize("index", [-1, HARDENED, HARDENED + 1, 1 << 32])
def test_there_is_no_hardened_child(index: int) -> None:
    with pytest.raises(Malformed):
        ROOT.child(index)


def test_there_is_no_256th_generation() -> None:
    deepest = ExtendedPublicKey(255, bytes(4), 0, ROOT.chain_code, ROOT.public_key)
    with pytest.raises(Malformed, match="255 generations"):
        deepest.child(0)


def test_the_text_holds_every_field_in_bip32_s_order() -> None:
    version = bytes.fromhex("043587cf")
    payload = base58.decode_check(ROOT.child(7).encode(version))
    child = ROOT.child(7)
    assert payload == (
        version
        + b"\1"
        + ROOT.fingerprint
        + bytes((0, 0, 0, 7))
        + child.chain_code
        + child.public_key
    )


def test_the_second_vector_s_public_derivation_is_the_published_one() -> None:
    # BIP32 vector 1: m/0h/1 is an unhardened child, so m/0h's public half leads to it.
    cases = {case["path"]: case for case in own("bip32")["cases"] if "vector 1" in case["id"]}
    parent = Keyring(bytearray.fromhex(cases["m/0h"]["seed"])).extended((HARDENED,))
    assert parent.child(1).encode(bytes.fromhex("0488b21e")) == cases["m/0h/1"]["xpub"]


def test_the_chain_code_is_not_printed() -> None:
    assert ROOT.chain_code.hex() not in repr(ROOT)
    assert repr(ROOT.chain_code) not in repr(ROOT)
