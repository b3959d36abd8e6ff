"""A payment that others may still change is not the one that will be sent."""

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from tests import psbts
from tests.psbts import Draft, draft, keyring, refusal, sign


def marked(flags: int, script: str = "wpkh") -> Draft:
    made = draft(keyring(), 2, script)
    made.psbt_version = 2
    made.head.put(0x06, bytes((flags,)))
    return made


@pytest.mark.parametrize("script", psbts.KINDS)
@pytest.mark.parametrize("flags", [0x01, 0x02, 0x03, 0x04, 0x07, 0x80])
def test_a_payment_marked_as_open_is_refused(script: str, flags: int) -> None:
    """Inputs (1), outputs (2), a signature of type SINGLE (4), and bits of the future (BIP370)."""
    assert refusal(marked(flags, script), keyring()) is BitcoinReason.MODIFIABLE


@pytest.mark.parametrize("script", psbts.KINDS)
def test_a_payment_marked_as_closed_is_signed(script: str) -> None:
    sign(marked(0x00, script).encode(), keyring())
