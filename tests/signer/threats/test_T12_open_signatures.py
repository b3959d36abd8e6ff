"""NONE, SINGLE and ANYONECANPAY sign a part; the rest can be changed after it was shown."""

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Refused
from signer.review import Kind
from tests import kernel, psbts
from tests.psbts import Draft, draft, keyring, refusal, review, sign, text

OPEN = {
    0x02: "NONE",
    0x03: "SINGLE",
    0x81: "ALL, ANYONECANPAY",
    0x82: "NONE, ANYONECANPAY",
    0x83: "SINGLE, ANYONECANPAY",
}
KINDS = pytest.mark.parametrize("script", psbts.KINDS)


def asking(flag: int, script: str = "wpkh", inputs: int = 2, at: int = 1) -> Draft:
    made = draft(keyring(), inputs, script)
    made.ins[at].put(0x03, flag.to_bytes(4, "little"))
    return made


@KINDS
@pytest.mark.parametrize("flag", OPEN)
def test_a_signature_that_leaves_something_open_is_refused(script: str, flag: int) -> None:
    assert refusal(asking(flag, script), keyring()) is BitcoinReason.SIGHASH_UNSUPPORTED


@KINDS
@pytest.mark.parametrize("flag", OPEN)
def test_an_expert_reads_what_it_leaves_open_before_anything_else(script: str, flag: int) -> None:
    raw = asking(flag, script).encode()
    pages = review(raw, keyring(), expert=True).pages
    assert pages[0].kind is Kind.WARNING
    shown = text(pages[:1])
    assert shown.startswith(f"[Open signature]\nSignature type {OPEN[flag]}, coins 2.\n")
    assert ("anyone can send the coins where they like" in shown) is (flag & 3 == 2)
    assert ("anyone can change the others" in shown) is (flag & 3 == 3)
    assert ("anyone can add coins" in shown) is (flag >= 0x80)
    sign(raw, keyring(), expert=True)


@KINDS
def test_what_none_leaves_open_really_is(script: str) -> None:
    """The page is true: Core accepts the signed coin with another output."""
    made = asking(0x02, script, 1, 0)
    signed = sign(made.encode(), keyring(), expert=True)
    request = kernel.container.parse(signed)
    spent = [kernel.spent_output(request, 0)]
    raw = kernel.finalized(request)
    bent = raw.replace(psbts.PAYEE, psbts.PAYEE[:2] + bytes(20))
    assert bent != raw
    assert kernel.verdicts(bent, spent) == [True]


@pytest.mark.parametrize("flag", [0x81, 0x82, 0x83])
def test_with_open_inputs_a_claimed_amount_proves_nothing(flag: int) -> None:
    """BIP341 commits to all amounts, but for ANYONECANPAY: two rounds of lies would work (T01)."""
    made = asking(flag, "tr")
    made.ins[0].drop(0x00)
    with pytest.raises(Refused) as refused:
        review(made.encode(), keyring(), expert=True)
    assert refused.value.reason is BitcoinReason.AMOUNT_NOT_PROVEN
    made = asking(0x03, "tr")
    made.ins[0].drop(0x00)
    sign(made.encode(), keyring(), expert=True)


@KINDS
@pytest.mark.parametrize("flag", [0x03, 0x83])
def test_single_without_its_output_is_refused_to_experts_too(script: str, flag: int) -> None:
    """Legacy SIGHASH_SINGLE past the last output signs the number 1: a signature for anything."""
    made = asking(flag, script, 3, 2)
    with pytest.raises(Refused) as refused:
        CHAIN.review(made.encode(), keyring(), "regtest", expert=True)
    assert refused.value.reason is BitcoinReason.SIGHASH_SINGLE_BUG


@KINDS
@pytest.mark.parametrize("flag", [0x04, 0x80, 0x84, 0x101, 0xFFFFFFFF])
def test_an_unknown_type_is_refused_to_experts_too(script: str, flag: int) -> None:
    with pytest.raises(Refused) as refused:
        CHAIN.review(asking(flag, script).encode(), keyring(), "regtest", expert=True)
    assert refused.value.reason is BitcoinReason.SIGHASH_UNKNOWN


@pytest.mark.parametrize(("script", "flag"), [(kind, 1) for kind in psbts.KINDS] + [("tr", 0)])
def test_a_signature_over_everything_is_made(script: str, flag: int) -> None:
    psbts.sign(asking(flag, script).encode(), keyring())


def test_default_is_a_type_of_taproot_alone() -> None:
    assert refusal(asking(0x00), keyring()) is BitcoinReason.SIGHASH_UNKNOWN
