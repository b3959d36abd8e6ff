"""NONE, SINGLE and ANYONECANPAY sign a part; the rest can be changed after it was shown."""

import pytest

from signer.errors import Reason
from tests import psbts
from tests.psbts import draft, keyring, refusal


@pytest.mark.parametrize("script", ["wpkh", "tr"])
@pytest.mark.parametrize("flag", [0x02, 0x03, 0x81, 0x82, 0x83])
def test_a_signature_that_leaves_something_open_is_refused(script: str, flag: int) -> None:
    made = draft(keyring(), 2, script)
    made.ins[1].put(0x03, flag.to_bytes(4, "little"))
    assert refusal(made, keyring()) is Reason.SIGHASH_UNSUPPORTED


def test_single_without_its_output_is_refused() -> None:
    """Legacy SIGHASH_SINGLE past the last output signs the number 1: a signature for anything."""
    made = draft(keyring(), 3)
    made.ins[2].put(0x03, (3).to_bytes(4, "little"))
    assert refusal(made, keyring()) is Reason.SIGHASH_UNSUPPORTED


@pytest.mark.parametrize(("script", "flag"), [("wpkh", 1), ("tr", 0), ("tr", 1)])
def test_a_signature_over_everything_is_made(script: str, flag: int) -> None:
    made = draft(keyring(), 2, script)
    made.ins[0].put(0x03, flag.to_bytes(4, "little"))
    psbts.sign(made.encode(), keyring())
