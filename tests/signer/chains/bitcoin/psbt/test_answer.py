"""What goes back instead of a whole signed PSBT: its signatures, or the finished transaction."""

import pytest

from host.psbt import merge_signatures
from signer.chains.bitcoin import BITCOIN
from signer.chains.bitcoin.psbt import container, fields
from signer.errors import Malformed
from tests import kernel, psbts

THIRD = psbts.keyring("zoo " * 11 + "wrong")
KINDS = ["pkh", "sh(wpkh)", "wpkh", "tr"]


def vault(template: str = "wsh(sortedmulti(2,@0/**,@1/**,@2/**))") -> psbts.Vault:
    return psbts.vault(template, psbts.keyring(), psbts.keyring(psbts.OTHER), THIRD)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [0, 2])
def test_signatures_alone_are_enough_for_who_has_the_request(kind: str, version: int) -> None:
    draft = psbts.draft(psbts.keyring(), 3, kind)
    draft.psbt_version = version
    signed = psbts.sign(draft.encode(), psbts.keyring())
    trimmed = container.parse(BITCOIN.signatures_only(signed))
    whole = container.parse(signed)
    assert trimmed.tx == whole.tx
    for had, kept in zip(whole.inputs, trimmed.inputs, strict=True):
        added = {key: had.fields[key] for key in kept.fields if key[0] in (0x02, 0x13)}
        assert len(added) == 1
        assert not kept.has_any(fields.WITNESS_UTXO, fields.NON_WITNESS_UTXO)
        assert not kept.has_any(fields.BIP32_DERIVATION, fields.TAP_BIP32_DERIVATION)


@pytest.mark.parametrize("kind", ["wpkh", "tr"])
def test_our_own_host_takes_them_for_the_whole(kind: str) -> None:
    draft = psbts.build(psbts.keyring(), 3, kind)
    signed = psbts.sign(draft, psbts.keyring())
    trimmed = BITCOIN.signatures_only(signed)
    assert len(trimmed) < len(signed) / 2
    assert merge_signatures(draft, trimmed) == merge_signatures(draft, signed)


@pytest.mark.parametrize("kind", KINDS)
def test_what_one_key_finishes_is_a_transaction(kind: str) -> None:
    signed = psbts.sign(psbts.build(psbts.keyring(), 2, kind), psbts.keyring())
    assert BITCOIN.final_transaction(signed) == kernel.finalized(container.parse(signed))
    finished = container.parse(signed)
    assert BITCOIN.final_transaction(finished.encode()) is not None


@pytest.mark.parametrize(
    "template",
    ["wsh(sortedmulti(2,@0/**,@1/**,@2/**))", "sh(wsh(sortedmulti(2,@0/**,@1/**,@2/**)))"],
)
def test_several_keys_finish_it_with_their_last_signature(template: str) -> None:
    several, keys = vault(template), psbts.keyring()
    first = psbts.sign_part(psbts.draft(several, 2).encode(), keys, records=[several.record(keys)])
    assert BITCOIN.final_transaction(first) is None
    last = psbts.complete(first, several, THIRD)
    assert BITCOIN.final_transaction(last) == kernel.finalized(container.parse(last))


def test_an_account_with_other_conditions_is_not_finished_here() -> None:
    template = "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(10))))"
    either = psbts.vault(template, psbts.keyring(), psbts.keyring(psbts.OTHER))
    keys = psbts.keyring()
    signed = psbts.sign_part(psbts.draft(either).encode(), keys, records=[either.record(keys)])
    assert BITCOIN.final_transaction(signed) is None
    assert len(BITCOIN.signatures_only(signed)) < len(signed)


def test_a_hundred_inputs_of_two_of_three_go_back_in_a_third() -> None:
    several, keys = vault(), psbts.keyring()
    draft = psbts.draft(several, 100)
    for spent in draft.ins:
        spent.drop(fields.NON_WITNESS_UTXO)  # as most programs ask by codes
    signed = psbts.sign_part(draft.encode(), keys, records=[several.record(keys)])
    share = len(BITCOIN.signatures_only(signed)) / len(signed)
    assert share == pytest.approx(0.30, abs=0.01)  # 15.0 KB of 49.9 KB


def test_bytes_that_are_no_psbt_are_refused() -> None:
    with pytest.raises(Malformed):
        BITCOIN.signatures_only(b"psbt\xff")
    with pytest.raises(Malformed):
        BITCOIN.final_transaction(b"psbt\xff")
