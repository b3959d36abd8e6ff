"""What signing adds to an input is known before it is signed."""

import re

import pytest
from hypothesis import given

from signer.chains.bitcoin.descriptors import descriptor, weights
from signer.chains.bitcoin.network import NETWORKS
from signer.formats.cursor import compact_size
from tests.policies import NUMS, Made, account, policies

KEY = "0260b2003c386519fc9eadf2b5cf124dd8eea4c4e68d5e154050a9346ea98ce600"


def _made(template: str) -> Made:
    count = len(set(re.findall(r"@\d+", template)))
    return Made(template, tuple(map(account, range(count))), "regtest")


@pytest.mark.parametrize(
    ("template", "witness", "script_sig"),
    [
        ("pkh(@0/**)", 0, 106),
        ("wpkh(@0/**)", 107, 0),
        ("sh(wpkh(@0/**))", 107, 23),
        ("tr(@0/**)", 66, 0),
        # The others may not grind for a low R: their signatures can take a byte more.
        ("sh(sortedmulti(2,@0/**,@1/**,@2/**))", 0, 1 + 2 * 73 + 2 + 105),
        ("sh(sortedmulti(1,@0/**,@1/**))", 0, 1 + 73 + 1 + 71),
        ("sh(multi(1,@0/**,@1/**,@2/**,@3/**,@4/**,@5/**,@6/**,@7/**))", 0, 1 + 73 + 3 + 275),
        ("wsh(sortedmulti(2,@0/**,@1/**,@2/**))", 1 + 1 + 2 * 73 + 1 + 105, 0),
        ("sh(wsh(pk(@0/**)))", 1 + 73 + 1 + 35, 35),
        ("tr(@0/**,pk(@1/**))", 66, 0),
        (f"tr({NUMS},pk(@0/**))", 1 + 66 + 1 + 34 + 1 + 33, 0),
        (f"tr({NUMS},{{pk(@0/**),pk(@1/**)}})", 1 + 66 + 1 + 34 + 1 + 65, 0),
    ],
)
def test_what_signing_adds_is_known_beforehand(
    template: str, witness: int, script_sig: int
) -> None:
    read = _made(template).policy()
    assert (read.max_witness_bytes, read.max_script_sig_bytes) == (witness, script_sig)


@pytest.mark.parametrize(
    ("text", "witness", "script_sig"), [(f"pk({KEY})", 0, 72), (f"rawtr({KEY})", 66, 0)]
)
def test_scripts_of_one_key_that_no_policy_has_are_known_too(
    text: str, witness: int, script_sig: int
) -> None:
    form = descriptor.parse(text, NETWORKS["regtest"], checksum="optional").form
    assert weights.max_witness_bytes(form, by_key=True) == witness
    assert weights.max_script_sig_bytes(form) == script_sig


@given(policies())
def test_no_leaf_takes_more_than_is_said(drawn: Made) -> None:
    read = drawn.policy()
    if read.key_path != "nobody":
        return
    for leaf in read.spend_data(0, 0).leaves:
        shown = len(compact_size(len(leaf.script))) + len(leaf.script)
        assert shown + len(leaf.control_block) < read.max_witness_bytes
