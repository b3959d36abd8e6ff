"""A mistyped or edited descriptor must not quietly become another wallet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.descriptors import descriptor
from signer.chains.bitcoin.network import NETWORKS
from signer.errors import Malformed
from tests.policies import account

TEXT = f"wsh(sortedmulti(2,{account(0)}/<0;1>/*,{account(1)}/<0;1>/*,{account(2)}/<0;1>/*))"
WHOLE = descriptor.parse(TEXT, NETWORKS["regtest"], checksum="optional").render()


def test_a_descriptor_without_its_checksum_is_refused() -> None:
    for text in (TEXT, TEXT + "#"):
        with pytest.raises(Malformed, match="checksum"):
            descriptor.parse(text, NETWORKS["regtest"])


@pytest.mark.parametrize(
    ("said", "meant"),
    [("multi(2", "multi(1"), ("<0;1>", "<0;2>"), ("48h", "49h"), ("wsh", "sh"), ("/2h]", "/3h]")],
)
@pytest.mark.parametrize("checksum", ["required", "optional"])
def test_another_wallet_under_the_same_checksum_is_refused(
    said: str, meant: str, checksum: descriptor.Rule
) -> None:
    with pytest.raises(Malformed, match="checksum"):
        descriptor.parse(WHOLE.replace(said, meant, 1), NETWORKS["regtest"], checksum=checksum)


@given(st.integers(0, len(WHOLE) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_no_single_letter_can_be_changed(at: int, letter: str) -> None:
    changed = WHOLE[:at] + letter + WHOLE[at + 1 :]
    if changed != WHOLE:
        with pytest.raises(Malformed):
            descriptor.parse(changed, NETWORKS["regtest"])


@given(st.text("qpzry9x8gf2tvdw0s3jn54khce6mua7l", max_size=10))
def test_no_other_checksum_is_taken(letters: str) -> None:
    for text in (f"{TEXT}#{letters}", f"{WHOLE}{letters}", f"{WHOLE}#{letters}"):
        if text != WHOLE:
            with pytest.raises(Malformed):
                descriptor.parse(text, NETWORKS["regtest"])
