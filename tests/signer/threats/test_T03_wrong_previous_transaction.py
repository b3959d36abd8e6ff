"""Any transaction would prove any amount, were it not compared with what is spent."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Malformed
from signer.keys.keyring import Keyring
from tests import psbts
from tests.psbts import draft, keyring, refusal, review


def richer(keys: Keyring) -> bytes:
    """A previous transaction like the real one, but with a larger amount."""
    ours = psbts.lock(keys, psbts.path())
    return psbts.previous_tx([psbts.output(7, psbts.PAYEE), psbts.output(900_000, ours)])


@pytest.mark.parametrize("claim_too", [True, False])
def test_a_previous_transaction_of_another_id_is_refused(claim_too: bool) -> None:
    keys = keyring()
    made = draft(keys)
    made.ins[0].put(0x00, richer(keys))
    made.ins[0].drop(0x01)
    if claim_too:
        made.ins[0].put(0x01, psbts.output(900_000, psbts.lock(keys, psbts.path())))
    assert refusal(made, keys) is BitcoinReason.WRONG_PREVIOUS_TX


def test_an_output_that_the_previous_transaction_does_not_have_is_refused() -> None:
    for index in (2, 3, 2**31, 2**32 - 1):
        made = draft(keyring())
        made.ins[0].drop(0x01)
        made.ins[0].outpoint = made.ins[0].outpoint[:32] + index.to_bytes(4, "little")
        assert refusal(made, keyring()) is BitcoinReason.WRONG_PREVIOUS_TX


def test_a_proof_for_one_coin_is_no_proof_for_another() -> None:
    made = draft(keyring(), 2)
    made.ins[0].put(0x00, made.ins[1].get(0x00))
    assert refusal(made, keyring()) is BitcoinReason.WRONG_PREVIOUS_TX


def test_a_byte_behind_a_previous_transaction_is_malformed() -> None:
    made = draft(keyring())
    made.ins[0].put(0x00, made.ins[0].get(0x00) + b"\x00")
    with pytest.raises(Malformed, match="left over"):
        review(made.encode(), keyring())
