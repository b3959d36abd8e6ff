"""A coin that is no segwit coin comes with a claimed amount: its signature commits to no amount."""

from base64 import b64decode

import pytest

from signer.chains.bitcoin.payment import utxos
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import script
from signer.errors import Refused
from tests import psbts
from tests.psbts import draft, keyring, refusal
from tests.signer.published import own

CASES = [c for c in own("psbt")["cases"] if c["verdict"] == "signer refuses"]


@pytest.mark.parametrize("locked", [script.p2pkh(bytes(20)), script.p2sh(bytes(20)), b"\x51"])
def test_a_claimed_amount_of_a_legacy_coin_is_refused(locked: bytes) -> None:
    made = draft(keyring())
    made.ins[0].drop(0x00)
    made.ins[0].put(0x01, psbts.output(100_000, locked))
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


def test_the_example_of_bip174_is_refused() -> None:
    """Its title there: A Witness UTXO is provided for a non-witness input."""
    with pytest.raises(Refused) as refused:  # its keys are not ours: the rule itself is asked
        utxos.spent_outputs(container.parse(b64decode(CASES[0]["base64"])))
    assert refused.value.reason is BitcoinReason.AMOUNT_NOT_PROVEN
