"""A payment that others may still change is closed by our signature, or it is not signed."""

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Refused
from tests import psbts
from tests.psbts import Draft, draft, keyring, sign


def marked(flags: int, script: str = "wpkh") -> Draft:
    made = draft(keyring(), 2, script)
    made.psbt_version = 2
    made.head.put(0x06, bytes((flags,)))
    return made


@pytest.mark.parametrize("script", psbts.KINDS)
@pytest.mark.parametrize("flags", [0x00, 0x01, 0x02, 0x03, 0x04, 0x07, 0x80])
def test_a_payment_marked_as_open_is_signed_and_closed(script: str, flags: int) -> None:
    """Inputs (1) and outputs (2); a signature of type SINGLE (4) and later bits stay (BIP370)."""
    signed = sign(marked(flags, script).encode(), keyring())
    assert container.modifiable(container.parse(signed)) == flags & ~0x03
    assert signed == sign(marked(flags & ~0x03, script).encode(), keyring())


@pytest.mark.parametrize("script", psbts.KINDS)
@pytest.mark.parametrize("hash_type", [0x02, 0x03, 0x81, 0x82, 0x83])
def test_not_even_an_expert_signs_one_that_the_signature_would_leave_open(
    script: str, hash_type: int
) -> None:
    for flags in range(1, 4):
        made = marked(flags, script)
        made.ins[1].put(0x03, hash_type.to_bytes(4, "little"))
        with pytest.raises(Refused) as refused:
            CHAIN.review(made.encode(), keyring(), "regtest", expert=True)
        assert refused.value.reason is BitcoinReason.MODIFIABLE


def test_of_the_marks_alone_only_their_values_change() -> None:
    asked = container.parse(marked(0x03).encode())
    signed = container.parse(sign(marked(0x03).encode(), keyring()))
    kept = [(key, value) for key, value in asked.globals.records if key != b"\x06"]
    assert [(key, value) for key, value in signed.globals.records if key != b"\x06"] == kept
