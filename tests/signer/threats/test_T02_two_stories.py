"""Both amount fields are there and disagree: one reader would believe one, another the other."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from tests import psbts
from tests.psbts import PAYEE, draft, keyring, refusal


@pytest.mark.parametrize("script", psbts.KINDS)
@pytest.mark.parametrize("claimed", [1, 99_999, 100_001, 2**63])
def test_an_amount_that_is_not_the_proven_one_is_refused(script: str, claimed: int) -> None:
    keys = keyring()
    made = draft(keys, 2, script)
    ours = psbts.lock(keys, psbts.path(script, 0, 1))
    made.ins[1].put(0x01, psbts.output(claimed, ours))
    assert refusal(made, keys) is BitcoinReason.AMOUNTS_DISAGREE


def test_a_script_that_is_not_the_proven_one_is_refused() -> None:
    made = draft(keyring())
    made.ins[0].put(0x01, psbts.output(100_000, PAYEE))
    assert refusal(made, keyring()) is BitcoinReason.AMOUNTS_DISAGREE
