"""A silent payment through the signer's own door: what is shown, made, signed and accepted."""

from collections.abc import Sequence

import pytest

from signer.chains.bitcoin.psbt import container, fields, maps
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.review import Kind, Shape
from tests import kernel, psbts
from tests.psbts import keyring, refusal, review, sign, text
from tests.signer import silents
from tests.signer.silents import BOB, Payment


def payment(script: str, payees: Sequence[silents.SilentAddress] = (BOB,)) -> Payment:
    """Two coins of one account pay 10 000 sats to each payee; the rest comes back."""
    keys = keyring()
    made = silents.payment(keys, [psbts.path(script, 0, index) for index in range(2)], payees)
    left = 200_000 - 10_000 * len(payees) - 300
    back = psbts.change(keys, psbts.path(script, 1, 3), left)
    back.put(fields.OUT_AMOUNT, left.to_bytes(8, "little"))
    back.put(fields.OUT_SCRIPT, back.script)
    made.outs.append(back)
    made.head.put(fields.OUTPUT_COUNT, bytes((len(payees) + 1,)))
    return made


ALL_KINDS = pytest.mark.parametrize("script", psbts.KINDS)


@ALL_KINDS
def test_the_address_is_what_a_person_compares(script: str) -> None:
    pages = review(payment(script).encode(), keyring()).pages
    recipient = next(page for page in pages if page.kind is Kind.RECIPIENT)
    shown = [fact.value for fact in recipient.facts if fact.shape is Shape.ADDRESS]
    assert shown[0] == BOB.encode("regtest")
    assert shown[1].startswith("bcrt1p")
    assert f"\nto {shown[0]}\nas one-time address {shown[1]}\n" in text(pages)
    assert "[Details]\nChange to you 189 700 sats\n" in text(pages)


@ALL_KINDS
def test_what_is_signed_pays_where_the_receiver_looks(script: str) -> None:
    made = payment(script, (BOB, BOB))
    signed = container.parse(sign(made.encode(), keyring()))
    wheres = [psbts.path(script, 0, index) for index in range(2)]
    keys = [keyring().public_key(where) for where in wheres]
    if script == "tr":
        keys = [
            b"\x02" + kernel.spent_output(signed, index).script_pubkey[2:] for index in range(2)
        ]
    found = silents.receiver_outputs(
        bytes(silents.SCAN), BOB.spend_key, [one.outpoint for one in made.ins], keys, 2
    )
    assert [one.script_pubkey[2:] for one in signed.tx.outputs[:2]] == found


def test_another_address_is_another_review() -> None:
    other = silents.SilentAddress(BOB.scan_key, BOB.scan_key)
    one, two = (review(payment("wpkh", (payee,)).encode(), keyring()) for payee in (BOB, other))
    assert one.digest != two.digest


def test_what_was_settled_before_is_settled_the_same() -> None:
    """A second round, after the first signature is lost: the script is there now, and is right."""
    signed = container.parse(sign(payment("wpkh").encode(), keyring()))
    inputs = tuple(
        maps.Map({key: value for key, value in one.records if key[0] != fields.PARTIAL_SIG})
        for one in signed.inputs
    )
    again = container.Psbt(
        signed.tx, signed.unsigned_tx, signed.globals, inputs, signed.outputs, signed.version
    )
    assert sign(again.encode(), keyring()) == signed.encode()


def test_a_script_that_the_address_does_not_lead_to_is_refused() -> None:
    made = payment("wpkh")
    made.outs[0].put(fields.OUT_SCRIPT, psbts.PAYEE)
    assert refusal(made.encode(), keyring()) in {
        BitcoinReason.SILENT_SCRIPT_WRONG,
        BitcoinReason.SILENT_SHARE_MISSING,
    }
