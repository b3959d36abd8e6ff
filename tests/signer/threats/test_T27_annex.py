"""The annex: no PSBT has a field for one, and our signatures say that there is none (BIP341)."""

import pytest

from signer.chains.bitcoin.psbt import container
from tests import kernel, psbts
from tests.psbts import OTHER, draft, keyring, sign, vault


def with_annex(raw: bytes, annex: bytes = b"\x50\x00") -> bytes:
    """A transaction of one input whose witness has one item more."""
    request = container.parse(raw)
    whole = kernel.finalized(request)
    witness = whole[len(request.unsigned_tx) - 4 + 2 : -4]
    longer = bytes((witness[0] + 1,)) + witness[1:] + bytes((len(annex),)) + annex
    return whole[: -4 - len(witness)] + longer + whole[-4:]


def test_with_an_annex_a_key_path_signature_is_void() -> None:
    signed = sign(draft(keyring(), 1, "tr").encode(), keyring())
    spent = [kernel.spent_output(container.parse(signed), 0)]
    assert kernel.verdicts(kernel.finalized(container.parse(signed)), spent) == [True]
    assert kernel.verdicts(with_annex(signed), spent) == [False]


@pytest.mark.parametrize("template", ["tr(@0/**,pk(@1/**))"])
def test_with_an_annex_a_leafs_signature_is_void(template: str) -> None:
    account = vault(template, keyring(OTHER), keyring())
    signed = psbts.complete(draft(account), account, keyring())
    spent = [kernel.spent_output(container.parse(signed), 0)]
    assert kernel.verdicts(with_annex(signed), spent) == [False]
