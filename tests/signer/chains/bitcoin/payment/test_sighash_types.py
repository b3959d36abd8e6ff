"""Signature types: what none that is asked for means, and where a type says nothing wrong."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Refused
from tests import psbts
from tests.psbts import draft, keyring, review, sign


@pytest.mark.parametrize(("asked", "length"), [(None, 64), (0, 64), (1, 65)])
def test_taproot_signs_by_default_what_has_no_byte_for_its_type(
    asked: int | None, length: int
) -> None:
    made = draft(keyring(), 1, "tr")
    if asked is not None:
        made.ins[0].put(0x03, asked.to_bytes(4, "little"))
    signed = psbts.kernel.container.parse(sign(made.encode(), keyring()))
    signature = signed.inputs[0].get(0x13)
    assert signature is not None
    assert len(signature) == length


def test_a_byte_for_the_type_of_each_signature_is_counted() -> None:
    made = draft(keyring(), 8, "tr")
    plain = review(made.encode(), keyring()).subject.vbytes
    for one in made.ins:
        one.put(0x03, (1).to_bytes(4, "little"))
    assert review(made.encode(), keyring()).subject.vbytes == plain + 2


def test_a_payment_without_witnesses_has_no_bytes_that_mark_them() -> None:
    made = draft(keyring(), 3, "pkh")
    size = review(made.encode(), keyring()).subject.vbytes
    assert size == len(made.unsigned_tx()) + 3 * (1 + 71 + 1 + 33)


def test_only_single_needs_an_output_of_its_own() -> None:
    made = draft(keyring(), 3)
    assert len(made.outs) == 2
    made.ins[2].put(0x03, (2).to_bytes(4, "little"))
    psbts.CHAIN.review(made.encode(), keyring(), "regtest", expert=True)
    made.ins[2].put(0x03, (3).to_bytes(4, "little"))
    with pytest.raises(Refused) as refused:
        psbts.CHAIN.review(made.encode(), keyring(), "regtest", expert=True)
    assert refused.value.reason is BitcoinReason.SIGHASH_SINGLE_BUG
