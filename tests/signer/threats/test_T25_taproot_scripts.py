"""With a script tree, a key path coin is another coin; nothing half-understood is signed."""

import pytest

from signer.errors import Reason
from signer.keys import curve
from tests import psbts
from tests.psbts import draft, keyring, refusal

LEAF = bytes(32)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        (0x18, b"", bytes(32)),
        (0x18, b"", b"\x11" * 32),
        (0x15, b"\xc0" + bytes(32), b"\x51\xc0"),
        (0x14, bytes(64), bytes(64)),
    ],
    ids=["merkle root of zeros", "merkle root", "leaf script", "script signature"],
)
def test_a_script_tree_on_a_key_path_coin_is_refused(kind: int, key: bytes, value: bytes) -> None:
    made = draft(keyring(), 2, "tr")
    made.ins[1].put(kind, value, key)
    assert refusal(made, keyring()) is Reason.TAPROOT_SCRIPT_PATH


def test_a_key_that_is_said_to_be_in_a_leaf_is_refused() -> None:
    keys = keyring()
    made = draft(keys, 1, "tr")
    where = psbts.path("tr")
    key = keys.public_key(where)[1:]
    made.ins[0].put(0x16, b"\x01" + LEAF + psbts.origin(keys, where), key)
    assert refusal(made, keys) is Reason.TAPROOT_SCRIPT_PATH


def test_a_coin_whose_key_is_tweaked_with_a_tree_is_not_ours() -> None:
    keys = keyring()
    where = psbts.path("tr")
    tweaked = curve.taproot_output_key(keys.public_key(where)[1:], b"\x11" * 32)
    made = draft(keys, 1, "tr")
    made.ins[0].drop(0x00)
    made.ins[0].put(0x01, psbts.output(100_000, b"\x51\x20" + tweaked))
    assert refusal(made, keys) is Reason.KEY_MISMATCH
