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


# --- from text

XPUB, TPUB = bytes.fromhex("0488b21e"), bytes.fromhex("043587cf")
PRIVATE = (
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGt"
    "RBeJgk33yuGBxrMPHi"
)


def _text(**fields: object) -> str:
    kept = {name: getattr(ROOT, name) for name in ExtendedPublicKey.__slots__}
    return ExtendedPublicKey(**{**kept, **fields}).encode(XPUB)


@given(st.lists(st.integers(0, HARDENED - 1), max_size=4), st.sampled_from([XPUB, TPUB]))
def test_what_is_written_reads_back(steps: list[int], version: bytes) -> None:
    node = ROOT
    for step in steps:
        node = node.child(step)
    assert ExtendedPublicKey.parse(node.encode(version), (XPUB, TPUB)) == node


@given(st.integers(0, HARDENED - 1))
def test_the_key_of_a_child_is_the_child_s(index: int) -> None:
    assert ROOT.child_key(index) == ROOT.child(index).public_key


@pytest.mark.parametrize("index", [-1, HARDENED])
def test_there_is_no_hardened_child_key(index: int) -> None:
    with pytest.raises(Malformed):
        ROOT.child_key(index)


def test_a_key_of_another_network_is_refused() -> None:
    with pytest.raises(Malformed, match="network"):
        ExtendedPublicKey.parse(ROOT.encode(TPUB), (XPUB,))
    zpub = bytes.fromhex("04b24746")
    with pytest.raises(Malformed, match="network"):
        ExtendedPublicKey.parse(ROOT.encode(zpub), (XPUB, TPUB))


@pytest.mark.parametrize(
    "text",
    [
        _text(child_number=1),
        _text(parent_fingerprint=b"\0\0\0\1"),
        _text(public_key=b"\x02" + b"\xff" * 32),
        _text(public_key=b"\x04" + ROOT.public_key[1:]),
        _text(public_key=b"\x00" + ROOT.public_key[1:]),
        _text(public_key=ROOT.public_key[:-1]),
        _text(public_key=ROOT.public_key + b"\0"),
        _text()[:-1],
        "",
        base58.encode_check(XPUB),
    ],
)
def test_a_key_that_contradicts_itself_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        ExtendedPublicKey.parse(text, (XPUB,))


@pytest.mark.parametrize("version", ["0488ade4", "04358394"])
def test_a_private_key_is_refused_and_never_repeated(version: str) -> None:
    payload = bytes.fromhex(version) + base58.decode_check(PRIVATE)[4:]
    for text in (PRIVATE, base58.encode_check(payload), PRIVATE[:-1] + "x", "xprv"):
        with pytest.raises(Malformed, match="private key") as refused:
            ExtendedPublicKey.parse(text, (XPUB, TPUB, bytes.fromhex(version)))
        assert text[4:20] not in str(refused.value) or len(text) < 20


@given(st.text(max_size=130))
def test_no_text_raises_anything_but_malformed(text: str) -> None:
    try:
        ExtendedPublicKey.parse(text, (XPUB,))
    except Malformed:
        return
