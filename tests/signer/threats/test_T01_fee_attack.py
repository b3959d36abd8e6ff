"""A host lies about amounts: a segwit v0 signature commits to the amount of its own coin only."""

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions.tx import TxOutput
from tests import kernel, psbts
from tests.psbts import draft, keyring, refusal, sign


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_one_coin_without_its_previous_transaction_refuses_the_whole(missing: int) -> None:
    made = draft(keyring(), 3)
    made.ins[missing].drop(0x00)
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


def test_a_coin_without_any_amount_is_refused() -> None:
    for script in ("wpkh", "tr"):
        made = draft(keyring(), 2, script)
        made.ins[1].drop(0x00, 0x01)
        assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


def test_the_attack_in_two_rounds_ends_without_a_signature() -> None:
    """Each round tells the truth about one coin and lies about the other; joined, both are true.

    The lie is that the other coin is small, so that the fee on screen looks ordinary.
    """
    for lied_about in (0, 1):
        made = draft(keyring(), 2, outputs=((90_000, psbts.PAYEE),), fee_sats=100_000)
        honest = psbts.lock(keyring(), psbts.path("wpkh", 0, lied_about))
        made.ins[lied_about].drop(0x00)
        made.ins[lied_about].put(0x01, psbts.output(500, honest))
        assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


def test_taproot_alone_needs_no_previous_transactions() -> None:
    made = draft(keyring(), 2, "tr")
    for one in made.ins:
        one.drop(0x00)
    sign(made.encode(), keyring())


def test_a_lie_about_a_taproot_amount_makes_the_signature_void() -> None:
    keys = keyring()
    made = draft(keys, 2, "tr")
    made.ins[0].drop(0x00)
    made.ins[0].put(0x01, psbts.output(100_001, psbts.lock(keys, psbts.path("tr"))))
    reviewed = psbts.review(made.encode(), keys)
    signed = CHAIN.sign(reviewed.approve(reviewed.pages), keys)
    request = container.parse(signed)
    lied = [kernel.spent_output(request, index) for index in range(2)]
    true = [TxOutput(100_000, lied[0].script_pubkey), lied[1]]
    raw = kernel.finalized(request)
    assert kernel.verdicts(raw, lied) == [True, True]
    assert kernel.verdicts(raw, true) == [False, False]


def test_a_claim_that_a_coin_is_taproot_does_not_open_the_door() -> None:
    """With one claimed taproot coin beside it, a segwit v0 coin still needs its proof."""
    keys = keyring()
    made = draft(keys, 1)
    made.ins[0].drop(0x00)
    made.ins.append(psbts.coin(keys, psbts.path("tr"), 50_000))
    assert refusal(made, keys) is BitcoinReason.AMOUNT_NOT_PROVEN
