"""Script trees: BIP341's own, and texts that are none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors import taptree
from signer.chains.bitcoin.descriptors.spend_data import branch_hash, leaf_hash
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions import address, script
from signer.errors import Malformed
from signer.keys import curve
from tests.signer.published import shared

INTERNAL = bytes.fromhex("d6889cb081036e0faefa3a35157ad71086b123b2b144b649798b494c300a961d")
# A tree as nested pairs, with the text of a leaf at each end.
trees = st.recursive(
    st.sampled_from(["a", "pk(@0/**)", "or_b(pk(x),s:pk(musig(y,z)/<0;1>/*))"]),
    lambda inside: st.tuples(inside, inside),
    max_leaves=30,
)


def _published() -> list[dict[str, Any]]:
    vectors = json.loads(shared("bip341/wallet-test-vectors.json").read_text())
    found: list[dict[str, Any]] = vectors["scriptPubKey"]
    return found


def _flat(tree: object, depth: int = 0) -> list[tuple[int, Any]]:
    if tree is None:
        return []
    if isinstance(tree, (list, tuple)):
        return [leaf for half in tree for leaf in _flat(half, depth + 1)]
    return [(depth, tree)]


def _text(tree: object) -> str:
    return f"{{{','.join(map(_text, tree))}}}" if isinstance(tree, tuple) else str(tree)


def test_bip341_s_outputs_and_control_blocks() -> None:
    found = _published()
    for case in found:
        given_, between, expected = case["given"], case["intermediary"], case["expected"]
        leaves = _flat(given_["scriptTree"])
        scripts = [(leaf["leafVersion"], bytes.fromhex(leaf["script"])) for _, leaf in leaves]
        internal = bytes.fromhex(given_["internalPubkey"])
        made = taptree.output(internal, [depth for depth, _ in leaves], scripts)
        assert made.merkle_root.hex() == (between["merkleRoot"] or "")
        assert curve.taproot_tweak(internal, made.merkle_root).hex() == between["tweak"]
        assert made.key.hex() == between["tweakedPubkey"]
        locked = script.p2tr(made.key)
        assert locked.hex() == expected["scriptPubKey"]
        assert address.render(locked, NETWORKS["mainnet"]) == expected["bip350Address"]
        assert [leaf.hash.hex() for leaf in made.leaves] == between.get("leafHashes", [])
        blocks = [leaf.control_block.hex() for leaf in made.leaves]
        assert blocks == expected.get("scriptPathControlBlocks", [])
    assert len(found) == 7


@given(trees)
def test_every_control_block_proves_its_leaf(tree: object) -> None:
    leaves = _flat(tree)
    scripts = [taptree.leaf(bytes((number,))) for number in range(len(leaves))]
    made = taptree.output(INTERNAL, [depth for depth, _ in leaves], scripts)
    for (depth, _), (version, code), leaf in zip(leaves, scripts, made.leaves, strict=True):
        block = leaf.control_block
        node = leaf_hash(code, version)
        for at in range(33, len(block), 32):
            node = branch_hash(node, block[at : at + 32])
        # BIP341, Script validation rules.
        tweak = curve.taproot_tweak(block[1:33], node)
        proven = curve.tweak_public(b"\x02" + block[1:33], tweak)
        assert len(block) == 33 + 32 * depth
        assert (proven[1:], proven[0] & 1) == (made.key, block[0] & 1)
        assert block[0] & 0xFE == version
        assert node == made.merkle_root


@given(trees)
def test_a_tree_reads_back(tree: object) -> None:
    assert list(taptree.split(_text(tree))) == _flat(tree)


def test_a_key_without_scripts_is_tweaked_all_the_same() -> None:
    # BIP341 wants it: otherwise one of several owners could hide a script in an aggregate key.
    made = taptree.output(INTERNAL, (), ())
    assert made.key == curve.taproot_output_key(INTERNAL)
    assert (made.merkle_root, made.leaves) == (b"", ())


@pytest.mark.parametrize(
    "text",
    [
        "{a}",
        "{a}b}",
        "{a,b",
        "{a,b,",
        "{a,b{",
        "a,b",
        "a}",
        "{a,b}}",
        "{a,b,c}",
        "{{a,b},c",
        "{a,{b,c}",
        "{a,b}c",
        "{a,b},c",
        "{a;b}",
        "{" * 129 + "a" + ",a}" * 129,
    ],
)
def test_texts_that_are_no_tree(text: str) -> None:
    with pytest.raises(Malformed):
        taptree.split(text)


def test_a_tree_may_be_128_deep() -> None:
    leaves = taptree.split("{" * 128 + "a" + ",a}" * 128)
    assert (leaves[0][0], len(leaves)) == (128, 129)
    made = taptree.output(INTERNAL, [depth for depth, _ in leaves], [taptree.leaf(b"")] * 129)
    assert max(len(leaf.control_block) for leaf in made.leaves) == 33 + 32 * 128


@given(st.text("{},()ab", max_size=60))
def test_no_text_raises_anything_but_malformed(text: str) -> None:
    try:
        pairs = taptree.split(text)
    except Malformed:
        return
    assert sum(2.0**-depth for depth, _ in pairs) == 1
