"""Types that do not exist, and signatures whose own type byte says something else."""

import pytest

from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import sighash
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import Refused
from tests import psbts
from tests.psbts import draft, keyring, refusal


@pytest.mark.parametrize("flag", [4, 0x41, 0x80, 0xC1, 0x101, 0x100, 2**31, 2**32 - 1])
@pytest.mark.parametrize("script", ["wpkh", "tr"])
@pytest.mark.parametrize("version", [0, 2])
def test_a_type_nobody_defined_is_refused(version: int, script: str, flag: int) -> None:
    made = draft(keyring(), 1, script)
    made.psbt_version = version
    made.ins[0].put(0x03, flag.to_bytes(4, "little"))
    assert refusal(made, keyring()) is BitcoinReason.SIGHASH_UNKNOWN


def test_default_is_a_type_of_taproot_alone() -> None:
    made = draft(keyring())
    made.ins[0].put(0x03, bytes(4))
    assert refusal(made, keyring()) is BitcoinReason.SIGHASH_UNKNOWN


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_a_signature_of_another_type_than_asked_for_is_refused(script: str) -> None:
    keys = keyring()
    made = draft(keys, 2, script)
    made.ins[0].put(0x03, (1).to_bytes(4, "little"))
    signed = container.parse(psbts.sign(made.encode(), keys)).inputs[0]
    kind = {"wpkh": 0x02, "tr": 0x13}[script]
    key, value = next(r for r in signed.records if r[0][0] == kind)
    for bent in (value[:-1] + b"\x02", value[:-1], value[:-1] + b"\x81"):
        if len(bent) not in (64, 65) and script == "tr":
            continue
        made.ins[0].put(kind, bent, key[1:])
        assert refusal(made, keys) is BitcoinReason.BAD_SIGNATURE


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_a_signature_under_our_key_that_does_not_hold_is_refused(script: str) -> None:
    keys = keyring()
    made = draft(keys, 2, script)
    signed = container.parse(psbts.sign(made.encode(), keys)).inputs
    kind = {"wpkh": 0x02, "tr": 0x13}[script]
    key, _ = next(r for r in signed[0].records if r[0][0] == kind)
    _, other = next(r for r in signed[1].records if r[0][0] == kind)
    made.ins[0].put(kind, other, key[1:])
    assert refusal(made, keys) is BitcoinReason.BAD_SIGNATURE


@pytest.mark.parametrize("flag", [4, 0x41, 0x80, 0x84, 0xFF])
def test_taproot_digests_of_a_type_nobody_defined_do_not_exist(flag: int) -> None:
    """The network would reject the signature today, and give it a meaning tomorrow (BIP341)."""
    parsed = container.parse(draft(keyring(), 1, "tr").encode())
    spent = [TxOutput(100_000, psbts.lock(keyring(), psbts.path("tr")))]
    with pytest.raises(Refused) as refused:
        sighash.taproot(parsed.tx, sighash.midstates(parsed.tx, spent), 0, spent[0], flag)
    assert refused.value.reason is BitcoinReason.SIGHASH_UNKNOWN
