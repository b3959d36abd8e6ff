"""More paid than spent: no such transaction can be valid, and its fee would wrap around."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from tests.psbts import draft, keyring, refusal, review


@pytest.mark.parametrize("script", ["wpkh", "tr"])
@pytest.mark.parametrize("missing", [1, 50_000, 10**12])
def test_outputs_above_inputs_are_refused(script: str, missing: int) -> None:
    made = draft(keyring(), 1, script)
    made.outs[0].sats += 200 + missing
    assert refusal(made, keyring()) is BitcoinReason.OUTPUTS_EXCEED_INPUTS


def test_no_fee_at_all_is_a_fee() -> None:
    made = draft(keyring(), fee_sats=0)
    assert any(
        f.value == "0 sats (0 %)" for p in review(made.encode(), keyring()).pages for f in p.facts
    )
