"""One coin listed twice would be counted twice."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from tests.psbts import draft, keyring, refusal


@pytest.mark.parametrize("script", ["wpkh", "tr"])
@pytest.mark.parametrize("sequence", [0xFFFFFFFD, 0])
def test_the_same_coin_twice_is_refused(script: str, sequence: int) -> None:
    made = draft(keyring(), 3, script)
    twin = type(made.ins[0])(list(made.ins[0].records), made.ins[0].outpoint, sequence)
    made.ins.append(twin)
    assert refusal(made, keyring()) is BitcoinReason.DUPLICATE_INPUT
