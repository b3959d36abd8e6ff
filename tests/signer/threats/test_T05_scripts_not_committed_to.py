"""A redeem or witness script that the coin does not commit to would change what is signed."""

from base64 import b64decode

import pytest

from signer.chains.bitcoin.payment import utxos
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import script
from signer.errors import Refused
from signer.hashes import hash160, sha256
from tests import psbts
from tests.psbts import Draft, draft, keyring, refusal
from tests.signer.published import own

CASES = [c for c in own("psbt")["cases"] if c["verdict"] == "signer refuses"]
WITNESS = b"\x51"
REDEEM = script.p2wsh(sha256(WITNESS))
WRAPPED = script.p2sh(hash160(REDEEM))


def spending(locked: bytes, *fields: tuple[int, bytes]) -> Draft:
    made = draft(keyring())
    whole = psbts.previous_tx([psbts.output(100_000, locked)])
    made.ins[0].outpoint = psbts.outpoint(psbts.txid(whole), 0)
    made.ins[0].drop(0x01)
    made.ins[0].put(0x00, whole)
    for kind, value in fields:
        made.ins[0].put(kind, value)
    return made


@pytest.mark.parametrize(
    ("locked", "fields"),
    [
        (psbts.lock(keyring(), psbts.path()), [(0x04, b"\x51")]),
        (psbts.lock(keyring(), psbts.path()), [(0x05, b"\x51")]),
        (psbts.lock(keyring(), psbts.path("tr")), [(0x05, b"\x51")]),
        (WRAPPED, [(0x04, b"\x52")]),
        (WRAPPED, [(0x04, REDEEM), (0x05, b"\x52")]),
        (WRAPPED, [(0x05, WITNESS)]),
        (REDEEM, [(0x05, b"\x52")]),
        (REDEEM, [(0x04, WITNESS)]),
    ],
)
def test_a_script_that_does_not_hash_to_the_coin_is_refused(
    locked: bytes, fields: list[tuple[int, bytes]]
) -> None:
    assert refusal(spending(locked, *fields), keyring()) is BitcoinReason.SCRIPT_NOT_COMMITTED


@pytest.mark.parametrize(
    ("locked", "fields"),
    [(WRAPPED, [(0x04, REDEEM), (0x05, WITNESS)]), (REDEEM, [(0x05, WITNESS)])],
)
def test_scripts_that_fit_are_refused_for_what_they_are(
    locked: bytes, fields: list[tuple[int, bytes]]
) -> None:
    assert refusal(spending(locked, *fields), keyring()) is BitcoinReason.NOT_REGISTERED


@pytest.mark.parametrize("case", CASES[1:], ids=[c["id"] for c in CASES[1:]])
def test_the_examples_of_bip174_are_refused(case: dict[str, str]) -> None:
    """Their keys are not ours, so here they are asked of the rule itself."""
    with pytest.raises(Refused) as refused:
        utxos.spent_outputs(container.parse(b64decode(case["base64"])))
    committed = {BitcoinReason.SCRIPT_NOT_COMMITTED, BitcoinReason.AMOUNT_NOT_PROVEN}
    assert refused.value.reason in committed
